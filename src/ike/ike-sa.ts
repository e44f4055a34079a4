import type { IkeSaV1 } from './v1/state.ts';
import type { IkeSaV2 } from './v2/state.ts';

/** An IKE SA of either version. What is done with it is the affair of its version: machines.ts. */
export type IkeSa = IkeSaV1 | IkeSaV2;

/** The SPI by which the peer addresses this IKE SA. */
export function ownSpi(sa: IkeSa): string {
  return sa.role === 'initiator' ? sa.initiatorSpi : sa.responderSpi;
}

/** Whether phase 1 or the initial exchanges are over, as far as the rest of the core is concerned. */
export function isSettled(sa: IkeSa): boolean {
  return sa.establishedAt !== undefined && sa.handshake === undefined;
}
