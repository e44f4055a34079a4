import type { IkeSaV2 } from './state.ts';

/** Whether each end initiated one of the two before the other one was established. A rekeying initiates nothing new. */
export function crossed(a: IkeSaV2, b: IkeSaV2): boolean {
  return a.role !== b.role && beganBefore(a, b) && beganBefore(b, a);
}

/** Of two that have crossed. Both ends know both SPIs, so both come to the same result. */
export function loserOf(a: IkeSaV2, b: IkeSaV2): IkeSaV2 {
  return a.initiatorSpi < b.initiatorSpi ? b : a;
}

function beganBefore({ startedAt }: IkeSaV2, { establishedAt, lowerNonce }: IkeSaV2): boolean {
  return establishedAt !== undefined && lowerNonce === undefined && startedAt <= establishedAt.mono;
}
