import type { Duration, Instant } from '../../base/time.ts';
import type { Context } from './context.ts';

/** Of a tunnel: the next look at whether it is used. */
export const INACTIVITY_TIMER = 'inactivity';

/** Often enough that a tunnel ends no later than half as much again after its last packet. */
export function nextLook(now: Instant, limit: Duration): Instant {
  return now + limit / 4;
}

/** A Child SA is there: from now on it is looked whether the tunnel is used, where it is to end otherwise. */
export function watchInactivity(ctx: Context, tunnel: string): void {
  const limit = ctx.policies.get(tunnel)?.inactivity;
  if (limit !== undefined) ctx.setTimer(tunnel, INACTIVITY_TIMER, nextLook(ctx.now.mono, limit));
}
