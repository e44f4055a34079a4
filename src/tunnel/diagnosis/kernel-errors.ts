import type { DiagnosisCode } from './codes.ts';

/** What a counter of /proc/net/xfrm_stat, or one that the daemon reads beside it, means; `code` where it explains why nothing comes in. */
export type KernelError = { readonly meaning: string; readonly code?: DiagnosisCode };

/** https://docs.kernel.org/networking/xfrm_proc.html; what is not here is told by its name alone. */
export const KERNEL_ERRORS: Readonly<Record<string, KernelError>> = {
  XfrmInNoStates: { meaning: 'packets came with an SPI that this machine does not have', code: 'stale-spi' },
  XfrmInStateProtoError: {
    meaning: 'packets came that fail their integrity check, as with other keys',
    code: 'integrity-failures',
  },
  XfrmInTmplMismatch: { meaning: 'packets came by an SA that their policy does not ask for', code: 'policy-mismatch' },
  XfrmInNoPols: { meaning: 'packets came out of an SA that no policy lets in', code: 'policy-mismatch' },
  XfrmInPolBlock: { meaning: 'packets came in the clear between segments that a tunnel is to protect' },
  XfrmInStateSeqError: { meaning: 'packets came twice, or too late', code: 'replays' },
  XfrmInStateMismatch: { meaning: 'packets came whose addresses are not those of their SA', code: 'policy-mismatch' },
  XfrmInStateModeError: { meaning: 'packets came in another mode than that of their SA' },
  XfrmInStateExpired: { meaning: 'packets came by an SA whose lifetime is over', code: 'stale-spi' },
  XfrmInStateInvalid: { meaning: 'packets came by an SA that is not complete', code: 'stale-spi' },
  XfrmInHdrError: { meaning: 'packets came with a broken header' },
  XfrmInBufferError: { meaning: 'there was no memory for packets that came' },
  XfrmInError: { meaning: 'packets that came could not be handled' },
  XfrmOutPolBlock: { meaning: 'packets were kept from leaving in the clear, as their tunnel was down' },
  XfrmOutNoStates: { meaning: 'packets were to go out and had no SA' },
  XfrmOutStateProtoError: { meaning: 'packets could not be protected' },
  XfrmOutStateSeqError: { meaning: 'an SA had no sequence numbers left' },
  XfrmOutStateExpired: { meaning: 'packets were to go out by an SA whose lifetime was over' },
  XfrmOutStateModeError: { meaning: 'packets were too large for the path, or did not fit their mode' },
  XfrmOutBundleGenError: { meaning: 'there was no route for packets that were protected' },
  IPReversePathFilter: { meaning: 'packets came by another interface than the one that leads back (rp_filter)' },
  IpReasmFails: { meaning: 'fragments of packets came, and others of them are missing (IPv4 and IPv6)' },
  IpFragFails: { meaning: 'packets were too large for their way and must not be fragmented; their senders were told' },
  XfrmFwdHdrError: { meaning: 'packets to be forwarded had a broken header' },
};

/** The first that explains it, those that moved most first. */
export function codeOfKernelErrors(moved: Readonly<Record<string, number>>): DiagnosisCode | undefined {
  const [first] = Object.entries(moved)
    .filter(([name, count]) => count > 0 && errorOf(name)?.code !== undefined)
    .toSorted(([, a], [, b]) => b - a);
  return first === undefined ? undefined : errorOf(first[0])?.code;
}

export function kernelErrorTexts(moved: Readonly<Record<string, number>>): string[] {
  return Object.entries(moved)
    .filter(([, count]) => count > 0)
    .map(([name, count]) => {
      const meaning = errorOf(name)?.meaning;
      return `the kernel counts ${count} more ${name} (all tunnels together)${meaning === undefined ? '' : `: ${meaning}`}`;
    });
}

function errorOf(name: string): KernelError | undefined {
  return Object.hasOwn(KERNEL_ERRORS, name) ? KERNEL_ERRORS[name] : undefined;
}
