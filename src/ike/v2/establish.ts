import { randomFraction } from '../../base/entropy.ts';
import type { Identity } from '../../sa/identity.ts';
import { rekeyAfter } from '../../sa/lifetime.ts';
import type { Context } from '../common/context.ts';
import { KEEPALIVE_INTERVAL } from '../common/keepalive.ts';
import type { TunnelPolicy } from '../common/policy.ts';
import type { IkeSaV2 } from './state.ts';

/** Both sides are authenticated: the IKE SA starts its life. Its handshake ends when the first Child SA is settled. */
export function establish(ctx: Context, sa: IkeSaV2, policy: TunnelPolicy, remoteId: Identity): void {
  sa.phase = 'established';
  sa.establishedAt = ctx.now;
  sa.localId = policy.local.identity;
  sa.remoteId = remoteId;
  for (const name of ['handshake', 'half-open', 'refused']) ctx.clearTimer(sa.id, name);
  startLife(ctx, sa, policy);
  ctx.emit({ type: 'ike.established', tunnel: sa.tunnel, ikeSa: sa.id });
}

/** Sets what an IKE SA that is in use does by itself. */
export function startLife(ctx: Context, sa: IkeSaV2, policy: TunnelPolicy): void {
  const life = rekeyAfter(policy.ikeLifetime, sa.role, randomFraction(ctx.entropy), policy.ikeRekey);
  sa.rekeyAt = { mono: ctx.now.mono + life, wall: ctx.now.wall + life };
  ctx.setTimer(sa.id, 'rekey', sa.rekeyAt.mono);
  ctx.setTimer(sa.id, 'lifetime', ctx.now.mono + policy.ikeLifetime);
  if (policy.dpd.delay > 0) ctx.setTimer(sa.id, 'liveness', ctx.now.mono + policy.dpd.delay);
  if (sa.nat.local) ctx.setTimer(sa.id, 'keepalive', ctx.now.mono + KEEPALIVE_INTERVAL);
}
