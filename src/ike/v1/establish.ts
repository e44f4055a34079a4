import { randomFraction } from '../../base/entropy.ts';
import { type Duration, MINUTE } from '../../base/time.ts';
import type { Identity } from '../../sa/identity.ts';
import { rekeyAfter } from '../../sa/lifetime.ts';
import { KEEPALIVE_INTERVAL } from '../common/keepalive.ts';
import type { TunnelPolicy } from '../common/policy.ts';
import type { ContextV1 } from './context.ts';
import { armLiveness } from './liveness-timer.ts';
import type { IkeSaV1 } from './state.ts';

/** A peer that wants to live for less would have us busy with nothing else. */
const MIN_LIFETIME: Duration = MINUTE;

/** Both sides are authenticated: the IKE SA starts its life. What it is for comes next (`onEstablished`). */
export function establish(ctx: ContextV1, sa: IkeSaV1, policy: TunnelPolicy, remoteId: Identity): void {
  const agreed = sa.handshake?.lifetime ?? policy.ikeLifetime;
  const lifetime = Math.min(policy.ikeLifetime, Math.max(agreed, MIN_LIFETIME));
  const life = rekeyAfter(lifetime, sa.role, randomFraction(ctx.entropy), policy.ikeRekey);
  sa.phase = 'established';
  sa.handshake = undefined;
  sa.establishedAt = ctx.now;
  sa.localId = policy.local.identity;
  sa.remoteId = remoteId;
  sa.lastHeardAt = ctx.now.mono;
  sa.rekeyAt = { mono: ctx.now.mono + life, wall: ctx.now.wall + life };
  for (const name of ['handshake', 'half-open', 'refused', 'retransmit']) ctx.clearTimer(sa.id, name);
  ctx.setTimer(sa.id, 'rekey', sa.rekeyAt.mono);
  ctx.setTimer(sa.id, 'expiry', ctx.now.mono + lifetime);
  if (sa.nat.local) ctx.setTimer(sa.id, 'keepalive', ctx.now.mono + KEEPALIVE_INTERVAL);
  armLiveness(ctx, sa, policy);
  ctx.emit({ type: 'ike.established', tunnel: sa.tunnel, ikeSa: sa.id });
}
