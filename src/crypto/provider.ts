import type { EncryptionKeyword, HashName, KemKeyword, KeyExchangeKeyword } from './algorithms.ts';

/** What a CBC operation needs beside the text; lengths were checked. `node` is node:crypto's name of the cipher. */
export type CbcKey = {
  readonly keyword: EncryptionKeyword;
  readonly node: string;
  readonly key: Uint8Array;
  readonly iv: Uint8Array;
};

/** What a combined-mode operation needs beside the texts; lengths were checked. */
export type AeadKey = {
  readonly keyword: EncryptionKeyword;
  readonly node: string;
  readonly key: Uint8Array;
  readonly nonce: Uint8Array;
  readonly tagBytes: number;
};

/** Both halves of what a responder does, as `publicValue` and `sharedSecret` would give them. */
export type Exchange = { readonly publicValue: Uint8Array; readonly sharedSecret: Uint8Array };

export type Encapsulation = { readonly ciphertext: Uint8Array; readonly secret: Uint8Array };

/**
 * One implementation of the primitives. It may throw whatever its library throws: `workingProvider` hands out only
 * those that gave the known answer, and input from peers was checked before.
 */
export type Provider = {
  readonly name: 'node' | 'portable';
  hash(name: HashName, data: readonly Uint8Array[]): Uint8Array;
  hmac(name: HashName, key: Uint8Array, data: readonly Uint8Array[]): Uint8Array;
  encryptCbc(key: CbcKey, plaintext: Uint8Array): Uint8Array;
  decryptCbc(key: CbcKey, ciphertext: Uint8Array): Uint8Array;
  /** Ciphertext and tag. */
  sealAead(key: AeadKey, aad: Uint8Array, plaintext: Uint8Array): Uint8Array;
  /** `sealed` is at least a tag long. */
  openAead(key: AeadKey, aad: Uint8Array, sealed: Uint8Array): Uint8Array | undefined;
  /** `scalar` as `privateKeyRule` makes it; a KEM's seed. The answer may lack leading zeros. */
  publicValue(method: KeyExchangeKeyword, scalar: Uint8Array): Uint8Array;
  /**
   * `peerPublic`, the ciphertext where the method is a KEM, has passed `publicValueFault`. The answer may lack leading
   * zeros.
   */
  sharedSecret(method: KeyExchangeKeyword, scalar: Uint8Array, peerPublic: Uint8Array): Uint8Array;
  /**
   * The two at once, where that costs less: most of what a library does to take up a private key is to compute the public
   * one. Undefined where it would cost the same.
   */
  exchange?(method: KeyExchangeKeyword, scalar: Uint8Array, peerPublic: Uint8Array): Exchange | undefined;
  /** `peerPublic` has passed `publicValueFault`; `randomness` is the m of FIPS 203 §7.2, 32 bytes. */
  encapsulate(method: KemKeyword, randomness: Uint8Array, peerPublic: Uint8Array): Encapsulation;
};
