import type { UsageLimits } from './data-plane.ts';
import type { CipherSuite } from './proposal.ts';

/** What a Child SA may carry, as it is configured; without limits where absent. */
export type Allowance = {
  readonly bytes?: number | undefined;
  readonly packets?: number | undefined;
  /** When a successor is made, where that was chosen. */
  readonly softBytes?: number | undefined;
  readonly softPackets?: number | undefined;
};

/**
 * The limits by bytes and packets of one SA. At four fifths, or where it was chosen, a successor is made, which leaves the rest to the packets
 * until it is there. RFC 4303 §3.3.3: the sequence number must not wrap, so that without ESN there is always a limit.
 */
export function usageLimits(
  { bytes, packets, softBytes, softPackets }: Allowance,
  { esn }: CipherSuite,
): { readonly bytes?: UsageLimits; readonly packets?: UsageLimits } {
  const most = Math.min(packets ?? Number.POSITIVE_INFINITY, esn === true ? Number.POSITIVE_INFINITY : MAX_SEQUENCE);
  return {
    ...(bytes === undefined ? {} : { bytes: limitsUpTo(bytes, softBytes) }),
    ...(Number.isFinite(most) ? { packets: limitsUpTo(most, softPackets) } : {}),
  };
}

function limitsUpTo(hard: number, chosen: number | undefined): UsageLimits {
  return { soft: chosen !== undefined && chosen < hard ? chosen : Math.floor(hard * 0.8), hard };
}

const MAX_SEQUENCE = 2 ** 32 - 1;
