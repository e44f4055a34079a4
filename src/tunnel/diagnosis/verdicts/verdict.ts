import type { CheckName, Severity } from '../diagnosis.ts';

/**
 * What is said of each code. `{words}` are filled in from the case (values.ts); docs/diagnosis.md shows them as they stand
 * here. Keys are those of the tunnel in the configuration, but for `peer` and `gateway`, which mean the objects of that name;
 * the alternatives of one entry are different ways to say the same thing.
 */
export type Verdict = {
  readonly severity: Severity;
  readonly verdict: string;
  readonly here: string;
  readonly there: string;
  /** `transforms`: those of the keys whose algorithms differ. */
  readonly keys: readonly (readonly string[])[] | 'ike-transforms' | 'ipsec-transforms';
  /** Questions of the platform's FAQ. */
  readonly faq: readonly string[];
  /** What has failed, or may have, where several are named. */
  readonly fails: readonly CheckName[];
  readonly compares: readonly ('ids' | 'ike-proposals' | 'ipsec-proposals' | 'segments' | 'versions' | 'modes')[];
  /** How much it explains: where both ends have begun a negotiation, the verdict that explains more is given. */
  readonly tells: 0 | 1 | 2 | 3;
};

/** Where one of the ends can do nothing about it. */
export const NOTHING = 'nothing is to be done';
