import type { KeyExchangeKeyword } from './algorithms.ts';

/**
 * A key exchange as plain data, so that the core can hand it out as an effect and a worker thread can do it. The
 * private key is made of the core's own entropy (`privateKeyBytes` of key-exchange.ts tells how much), so that the
 * same seed gives the same trace.
 *
 * With a KEM, `ke.generate` makes the encapsulation key, `ke.respond` encapsulates to it (the public value is the
 * ciphertext), and `ke.agree` decapsulates that.
 */
export type KeyExchangeJob =
  | { readonly kind: 'ke.generate'; readonly method: KeyExchangeKeyword; readonly privateKey: Uint8Array }
  | {
      readonly kind: 'ke.agree';
      readonly method: KeyExchangeKeyword;
      readonly privateKey: Uint8Array;
      readonly peerPublic: Uint8Array;
    }
  /** Both at once: what a responder needs. */
  | {
      readonly kind: 'ke.respond';
      readonly method: KeyExchangeKeyword;
      readonly privateKey: Uint8Array;
      readonly peerPublic: Uint8Array;
    };

export type KeyExchangeResult =
  | { readonly kind: 'ke.generate'; readonly publicValue: Uint8Array }
  | { readonly kind: 'ke.agree'; readonly sharedSecret: Uint8Array }
  | { readonly kind: 'ke.respond'; readonly publicValue: Uint8Array; readonly sharedSecret: Uint8Array }
  /** The peer's public value failed the checks of RFC 6989 or FIPS 203, or the job could not be done. */
  | { readonly kind: 'ke.refused'; readonly reason: string };
