import { SECOND } from '../../../base/time.ts';
import type { RetransmitSchedule } from '../../common/retransmit.ts';
import type { QuickMode } from '../state.ts';

/**
 * About half a minute in all: the IKE SA stands, so that an answer is a matter of moments or of nothing. Often, as a
 * Child SA whose lifetime ends may wait for it.
 */
export const QUICK_MODE_RETRANSMIT: RetransmitSchedule = {
  base: SECOND / 2,
  factor: 1.6,
  cap: 2 * SECOND,
  transmissions: 17,
  jitter: 0.2,
};

/** A Quick Mode of which nothing is known yet but what it is for. */
export function newQuickMode(
  options: Pick<QuickMode, 'messageId' | 'role' | 'plan' | 'method' | 'begunAt'>,
): QuickMode {
  const nothing = new Uint8Array(0);
  return {
    phase: 'preparing',
    pending: undefined,
    privateKey: nothing,
    publicValue: nothing,
    peerPublic: nothing,
    nonceI: nothing,
    nonceR: nothing,
    reserved: undefined,
    agreed: undefined,
    answering: undefined,
    echoedIds: [],
    child: undefined,
    lifetime: 0,
    outbound: undefined,
    last: undefined,
    ...options,
  };
}
