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
  const life = rekeyAfter(Math.min(policy.ikeLifetime, policy.childLifetime), sa.role, randomFraction(ctx.entropy));
  sa.expiresAt = { mono: ctx.now.mono + life, wall: ctx.now.wall + life };
  for (const name of ['handshake', 'half-open', 'refused']) ctx.clearTimer(sa.id, name);
  ctx.setTimer(sa.id, 'lifetime', sa.expiresAt.mono);
  if (policy.dpd.delay > 0) ctx.setTimer(sa.id, 'liveness', ctx.now.mono + policy.dpd.delay);
  if (sa.nat.local) ctx.setTimer(sa.id, 'keepalive', ctx.now.mono + KEEPALIVE_INTERVAL);
  ctx.emit({ type: 'ike.established', tunnel: sa.tunnel, ikeSa: sa.id });
}
