import type { UsageLimits } from './data-plane.ts';
import type { CipherSuite } from './proposal.ts';

/** What a Child SA may carry, as it is configured; without limits where absent. */
export type Allowance = {
  readonly bytes?: number | undefined;
  readonly packets?: number | undefined;
  /** When a successor is made, where that was chosen. */
  readonly softBytes?: number | undefined;
  readonly softPackets?: number | undefined;
  /** What of that comes off at random, so that many SAs do not get their successors at once. */
  readonly spreadBytes?: number | undefined;
  readonly spreadPackets?: number | undefined;
};

/**
 * The limits by bytes and packets of one SA. At four fifths, or where it was chosen, a successor is made, which leaves the rest to the packets
 * until it is there. RFC 4303 §3.3.3: the sequence number must not wrap, so that without ESN there is always a limit.
 * `fraction` is random, in [0, 1); it is asked for only where something depends on it.
 */
export function usageLimits(
  { bytes, packets, softBytes, softPackets, spreadBytes = 0, spreadPackets = 0 }: Allowance,
  { esn }: CipherSuite,
  fraction: () => number,
): { readonly bytes?: UsageLimits; readonly packets?: UsageLimits } {
  const most = Math.min(packets ?? Number.POSITIVE_INFINITY, esn === true ? Number.POSITIVE_INFINITY : MAX_SEQUENCE);
  const lessRandom = (chosen: number | undefined, spread: number) =>
    chosen === undefined || spread === 0 ? chosen : Math.floor(chosen - spread * fraction());
  return {
    ...(bytes === undefined ? {} : { bytes: limitsUpTo(bytes, lessRandom(softBytes, spreadBytes)) }),
    ...(Number.isFinite(most) ? { packets: limitsUpTo(most, lessRandom(softPackets, spreadPackets)) } : {}),
  };
}

function limitsUpTo(hard: number, chosen: number | undefined): UsageLimits {
  return { soft: chosen !== undefined && chosen < hard ? chosen : Math.floor(hard * 0.8), hard };
}

const MAX_SEQUENCE = 2 ** 32 - 1;
