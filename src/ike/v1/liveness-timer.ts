import type { Context } from '../common/context.ts';
import type { TunnelPolicy } from '../common/policy.ts';
import type { IkeSaV1 } from './state.ts';

/** Looks again when the peer may have been silent for `dpd.delay`. */
export function armLiveness(ctx: Context, sa: IkeSaV1, policy: TunnelPolicy): void {
  // A peer that has not announced DPD would not answer, and an answer is all that there is to wait for.
  if (policy.dpd.delay > 0 && sa.features.dpd) ctx.setTimer(sa.id, 'liveness', sa.lastHeardAt + policy.dpd.delay);
}
