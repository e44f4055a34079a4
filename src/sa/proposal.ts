import type { EncryptionKeyword, IntegrityKeyword, KeyExchangeKeyword, PrfKeyword } from '../crypto/algorithms.ts';

export type SecurityProtocol = 'ike' | 'esp' | 'ah';
export type ChildProtocol = 'esp' | 'ah';

/**
 * What one side offers, with IKEv2 semantics: any one of each list, the lists in order of preference. An empty list
 * means that the proposal has no transform of that type (integrity with a combined-mode cipher, `keyExchange`
 * without PFS). `esn` lists the acceptable sequence number forms and is empty for `ike`.
 */
export type Proposal = {
  readonly protocol: SecurityProtocol;
  readonly encryption: readonly EncryptionKeyword[];
  readonly integrity: readonly IntegrityKeyword[];
  readonly prf: readonly PrfKeyword[];
  readonly keyExchange: readonly KeyExchangeKeyword[];
  readonly esn: readonly boolean[];
};

/** What was agreed: at most one of each. */
export type CipherSuite = {
  readonly protocol: SecurityProtocol;
  readonly encryption?: EncryptionKeyword;
  readonly integrity?: IntegrityKeyword;
  readonly prf?: PrfKeyword;
  readonly keyExchange?: KeyExchangeKeyword;
  readonly esn?: boolean;
};

/** What this machine can do, probed at start: an algorithm that is not here is never offered nor accepted. */
export type Capabilities = {
  readonly ike: {
    readonly encryption: readonly EncryptionKeyword[];
    readonly integrity: readonly IntegrityKeyword[];
    readonly prf: readonly PrfKeyword[];
    readonly keyExchange: readonly KeyExchangeKeyword[];
  };
  readonly esp: { readonly encryption: readonly EncryptionKeyword[]; readonly integrity: readonly IntegrityKeyword[] };
  readonly ah: { readonly integrity: readonly IntegrityKeyword[] };
};
