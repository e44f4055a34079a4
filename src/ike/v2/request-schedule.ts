import { type Duration, SECOND } from '../../base/time.ts';
import type { TunnelPolicy } from '../common/policy.ts';
import type { RetransmitSchedule } from '../common/retransmit.ts';

/** A request within an IKE SA is lost or answered within moments; how long it is repeated is up to `dpd.timeout`. */
export const REQUEST_RETRANSMIT: RetransmitSchedule = {
  base: SECOND / 2,
  factor: 1.5,
  cap: 10 * SECOND,
  transmissions: 20,
  jitter: 0.2,
};

/** However short the configured timeout is, a request is repeated some times: it may take a slow peer to answer it. */
const MIN_PATIENCE: Duration = 10 * SECOND;

/** How long the peer may stay silent over a request before it counts as dead; without DPD as long as the schedule. */
export function requestPatience({ dpd }: TunnelPolicy): { readonly patience?: Duration } {
  return dpd.delay > 0 ? { patience: Math.max(dpd.timeout, MIN_PATIENCE) } : {};
}

/** For an IKE SA that is gone on our side anyway: long enough for a few losses, and closing does not drag on. */
export const DELETE_RETRANSMIT: RetransmitSchedule = { base: SECOND, factor: 1.8, transmissions: 4, jitter: 0.2 };
