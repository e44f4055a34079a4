import type { ConnectionStatus } from '../status.ts';
import type { DiagnosisCode } from './codes.ts';

/** The shape of `cygnet diagnose --json`: a published interface, changed only by adding. */
export type Diagnosis = Finding & {
  /** Where in the configuration the keys stand that it is about, the likeliest first. */
  readonly configuration: readonly ConfigurationPlace[];
};

/** All of it but the places, which the core does not know. */
export type Finding = {
  readonly tunnel: string;
  readonly connectionStatus: ConnectionStatus;
  readonly code: DiagnosisCode;
  /** One sentence. */
  readonly verdict: string;
  readonly severity: Severity;
  /** Who began the negotiation that failed; null where none has. */
  readonly role: 'initiator' | 'responder' | null;
  /** Whether what it rests on is proven to be of the peer; else anybody on the way could have sent it. */
  readonly authenticated: boolean;
  readonly evidence: readonly string[];
  readonly comparisons: readonly Comparison[];
  readonly checks: readonly Check[];
  readonly fixHere: string;
  readonly fixThere: string;
  /** Questions of the platform's FAQ: `6 (4)`. */
  readonly faq: readonly string[];
};

/**
 * `fine`: nothing is to be done. `waiting`: something is to come first. `doubtful`: it works, not all of it, or not for
 * ever. `broken`: it does not work.
 */
export type Severity = 'fine' | 'waiting' | 'doubtful' | 'broken';

/** What both ends say of the same thing. */
export type Comparison = {
  readonly what: string;
  readonly here: readonly string[];
  /** Null where the peer has not told. */
  readonly peer: readonly string[] | null;
  /** Null where it is not known, or there is none. */
  readonly difference: string | null;
};

/**
 * One step on the way to a working tunnel. `suspect`: one of several that may have failed. `unknown`: nothing tells.
 * `not-reached`: it is not its turn yet.
 */
export type Check = {
  readonly name: CheckName;
  readonly state: 'passed' | 'failed' | 'suspect' | 'unknown' | 'not-reached';
  readonly text: string;
};

export type CheckName =
  | 'udp-500'
  | 'ike-version'
  | 'ike-mode'
  | 'ike-proposal'
  | 'nat'
  | 'udp-4500'
  | 'pre-shared-key'
  | 'identities'
  | 'segments'
  | 'ipsec-proposal'
  | 'kernel'
  | 'traffic';

/** `written`: the key stands there; else it has its default, and the place is that of the tunnel. */
export type ConfigurationPlace = {
  readonly key: string;
  readonly written: boolean;
  readonly file: string;
  readonly line: number;
  readonly column: number;
};
