import { concatBytes, fromHex } from '../../base/bytes.ts';
import { invariant } from '../../base/errors.ts';
import { encryptionAlgorithm, integrityAlgorithm, type PrfKeyword, prfAlgorithm } from '../../crypto/algorithms.ts';
import { prf, prfPlus } from '../../crypto/prf.ts';
import type { CipherSuite } from '../../sa/proposal.ts';

/** The keys of an IKE SA, RFC 7296 §2.14. SK_e of a combined-mode cipher ends with its salt (RFC 5282 §7.1). */
export type IkeKeys = {
  readonly skD: Uint8Array;
  readonly skAi: Uint8Array;
  readonly skAr: Uint8Array;
  readonly skEi: Uint8Array;
  readonly skEr: Uint8Array;
  readonly skPi: Uint8Array;
  readonly skPr: Uint8Array;
};

/** The keys of one direction. `integrityKey` is empty with a combined-mode cipher. */
export type DirectionKeys = { readonly encryptionKey: Uint8Array; readonly integrityKey: Uint8Array };

export type ChildKeys = { readonly initiator: DirectionKeys; readonly responder: DirectionKeys };

export type IkeKeyInput = {
  readonly suite: CipherSuite;
  /** g^ir at its full length, leading zeros included. */
  readonly sharedSecret: Uint8Array;
  readonly nonceI: Uint8Array;
  readonly nonceR: Uint8Array;
  /** Hex, as in the header. */
  readonly spiI: string;
  readonly spiR: string;
};

/** RFC 7296 §2.14. */
export function deriveIkeKeys(input: IkeKeyInput): IkeKeys {
  const nonces = concatBytes(input.nonceI, input.nonceR);
  return expandIkeKeys(prf(prfOf(input.suite), nonces, input.sharedSecret), input);
}

export type RekeyedIkeKeyInput = IkeKeyInput & {
  readonly oldPrf: PrfKeyword;
  readonly oldSkD: Uint8Array;
  /** Of the additional key exchanges, in their order. */
  readonly additionalSecrets?: readonly Uint8Array[];
};

/**
 * RFC 7296 §2.18: SKEYSEED comes from the old SK_d by the old prf, all else from the new values by the new prf. RFC 9370
 * §2.2.4: the secrets of additional key exchanges follow the nonces.
 */
export function deriveRekeyedIkeKeys(input: RekeyedIkeKeyInput): IkeKeys {
  const { oldPrf, oldSkD, sharedSecret, nonceI, nonceR, additionalSecrets = [] } = input;
  return expandIkeKeys(prf(oldPrf, oldSkD, sharedSecret, nonceI, nonceR, ...additionalSecrets), input);
}

/**
 * RFC 9370 §2.2.2: after an additional key exchange, whose secret is `sharedSecret`. Nonces and SPIs stay those of
 * IKE_SA_INIT, and SKEYSEED comes from the keys so far.
 */
export function deriveAdditionalIkeKeys(keys: IkeKeys, input: IkeKeyInput): IkeKeys {
  return deriveRekeyedIkeKeys({ ...input, oldPrf: prfOf(input.suite), oldSkD: keys.skD });
}

/**
 * RFC 8784 §3: the post-quantum preshared key goes into everything that is derived from SK_d, and into AUTH; the
 * messages of this IKE SA itself stay as they are. Only the first IKE SA of a series gets it, its successors by SK_d.
 */
export function mixPpk(keys: IkeKeys, keyword: PrfKeyword, ppk: Uint8Array): IkeKeys {
  const mix = (key: Uint8Array) => prfPlus(keyword, ppk, key, key.length);
  return { ...keys, skD: mix(keys.skD), skPi: mix(keys.skPi), skPr: mix(keys.skPr) };
}

export type ChildKeyInput = {
  /** Of the Child SA. */
  readonly suite: CipherSuite;
  /** Of the IKE SA that makes it. */
  readonly prf: PrfKeyword;
  readonly skD: Uint8Array;
  /** Of the exchange that makes it: for the first Child SA those of IKE_SA_INIT. */
  readonly nonceI: Uint8Array;
  readonly nonceR: Uint8Array;
  /** Only with a key exchange of its own (PFS). */
  readonly sharedSecret?: Uint8Array;
  /** Of the additional key exchanges, in their order. */
  readonly additionalSecrets?: readonly Uint8Array[];
};

/**
 * RFC 7296 §2.17: the keys of initiator to responder come first, encryption before integrity. `initiator` are the
 * keys of the packets that the exchange's initiator sends. RFC 9370 §2.2.4: the secrets of additional key exchanges
 * follow the nonces.
 */
export function deriveChildKeys(input: ChildKeyInput): ChildKeys {
  const secret = input.sharedSecret ?? new Uint8Array(0);
  const seed = concatBytes(secret, input.nonceI, input.nonceR, ...(input.additionalSecrets ?? []));
  const lengths = directionLengths(input.suite);
  const total = 2 * (lengths.encryption + lengths.integrity);
  const take = cutter(prfPlus(input.prf, input.skD, seed, total));
  const direction = () => ({ encryptionKey: take(lengths.encryption), integrityKey: take(lengths.integrity) });
  return { initiator: direction(), responder: direction() };
}

/** The keys that protect messages of the original initiator, or of the original responder. */
export function messageKeys(keys: IkeKeys, sender: 'initiator' | 'responder'): DirectionKeys {
  return sender === 'initiator'
    ? { encryptionKey: keys.skEi, integrityKey: keys.skAi }
    : { encryptionKey: keys.skEr, integrityKey: keys.skAr };
}

/** The prf of an agreed IKE suite; it always has one. */
export function prfOf(suite: CipherSuite): PrfKeyword {
  invariant(suite.prf !== undefined, 'an agreed IKE suite has a prf');
  return suite.prf;
}

function expandIkeKeys(skeyseed: Uint8Array, input: IkeKeyInput): IkeKeys {
  const keyword = prfOf(input.suite);
  const seed = concatBytes(input.nonceI, input.nonceR, fromHex(input.spiI), fromHex(input.spiR));
  const prfBytes = prfAlgorithm(keyword).outputBytes;
  const { encryption, integrity } = directionLengths(input.suite);
  const take = cutter(prfPlus(keyword, skeyseed, seed, 3 * prfBytes + 2 * (encryption + integrity)));
  // RFC 7296 §2.14 fixes the order; object literals are evaluated in the order in which they are written.
  return {
    skD: take(prfBytes),
    skAi: take(integrity),
    skAr: take(integrity),
    skEi: take(encryption),
    skEr: take(encryption),
    skPi: take(prfBytes),
    skPr: take(prfBytes),
  };
}

/** Bytes of the encryption key (salt included) and of the integrity key of one direction. */
function directionLengths(suite: CipherSuite): { readonly encryption: number; readonly integrity: number } {
  const cipher = suite.encryption === undefined ? undefined : encryptionAlgorithm(suite.encryption);
  const integrity = suite.integrity === undefined ? undefined : integrityAlgorithm(suite.integrity);
  return {
    encryption: cipher === undefined ? 0 : cipher.keyBits / 8 + cipher.saltBytes,
    integrity: integrity?.keyBytes ?? 0,
  };
}

/** Cuts successive pieces, each with memory of its own, so that one can be wiped without the others. */
function cutter(bytes: Uint8Array): (length: number) => Uint8Array {
  let offset = 0;
  return (length) => {
    const piece = bytes.slice(offset, offset + length);
    offset += length;
    return piece;
  };
}
