/** What may be wrong with a tunnel, or right, as closed lists; docs/diagnosis.md tells what each means. */
export type DiagnosisCode = Stage1Code | Stage2Code | EitherStageCode | StateCode | ConnectedCode;

export type Stage1Code =
  | 'no-answer'
  | 'port-4500-blocked'
  | 'silent-after-answer'
  | 'peer-unfinished'
  | 'peer-unresolved'
  | 'ike-proposal-mismatch'
  | 'ike-proposals-refused'
  | 'dh-group-mismatch'
  | 'nothing-to-offer'
  | 'psk-mismatch'
  | 'psk-or-port-4500'
  | 'psk-or-identity-mismatch'
  | 'peer-identity-mismatch'
  | 'own-identity-mismatch'
  | 'own-identity-refused'
  | 'closed-at-once'
  | 'mode-or-identity-mismatch'
  | 'mode-mismatch'
  | 'version-mismatch'
  | 'eap-wanted'
  | 'ppk-mismatch';

export type Stage2Code =
  | 'segments-mismatch'
  | 'segments-refused'
  | 'segments-unsayable'
  | 'ipsec-protocol-mismatch'
  | 'ipsec-proposal-mismatch'
  | 'ipsec-proposals-refused'
  | 'pfs-mismatch'
  | 'ah-behind-nat'
  | 'transport-behind-nat'
  | 'ipsec-mode-mismatch'
  | 'child-refused'
  | 'quick-mode-silent';

export type EitherStageCode =
  | 'protocol-error'
  | 'kernel-refused'
  | 'peer-closed'
  | 'peer-dead'
  | 'peer-restarted'
  | 'address-gone'
  | 'ended'
  | 'too-many'
  | 'internal-error';

export type StateCode = 'disabled' | 'waiting-for-peer' | 'waiting-for-traffic' | 'connecting';

export type ConnectedCode =
  | 'connected'
  | 'no-traffic-yet'
  | 'narrowed'
  | 'no-return-traffic'
  | 'no-outgoing-traffic'
  | 'forwarding-off'
  | 'reverse-path-filtered'
  | 'stale-spi'
  | 'integrity-failures'
  | 'policy-mismatch'
  | 'replays'
  | 'large-packets-lost'
  | 'fragments-lost';
