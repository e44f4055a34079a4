import type { Evidence } from './evidence.ts';

/** Why a tunnel is not up, as a closed list that statuses, metrics and diagnosis share. */
export type ReasonCode =
  | 'no-response'
  | 'no-proposal-chosen'
  | 'key-exchange-mismatch'
  | 'authentication-failed'
  | 'peer-identity-mismatch'
  | 'traffic-selectors-unacceptable'
  | 'child-refused'
  | 'version-mismatch'
  | 'ppk-mismatch'
  | 'mode-mismatch'
  | 'protocol-error'
  | 'kernel-refused'
  | 'peer-closed'
  | 'peer-unresponsive'
  | 'peer-restarted'
  | 'terminated'
  | 'expired'
  | 'replaced'
  | 'address-gone'
  | 'unresolved-peer'
  /** Nothing has asked for it yet: no failure. */
  | 'no-traffic'
  /** Others begin first: no failure. */
  | 'awaiting-turn'
  | 'too-many'
  | 'internal-error';

/** `text` is one sentence for the operator, without secrets; peer-supplied parts are escaped and cut. */
export type Reason = { readonly code: ReasonCode; readonly text: string; readonly evidence?: Evidence };

/** 1: the IKE SA; 2: the Child SA. What the operator sees as stage 1 and stage 2 failure. */
export type Stage = 1 | 2;
