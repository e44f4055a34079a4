import { concatBytes, fromHex } from '../../base/bytes.ts';
import { invariant } from '../../base/errors.ts';
import {
  type EncryptionKeyword,
  encryptionAlgorithm,
  type HashName,
  integrityAlgorithm,
  type PrfKeyword,
  prfAlgorithm,
} from '../../crypto/algorithms.ts';
import { hash } from '../../crypto/hash.ts';
import { prf } from '../../crypto/prf.ts';
import type { DirectionKeys } from '../../sa/child-sa.ts';
import type { CipherSuite } from '../../sa/proposal.ts';
import { PROTOCOL } from './wire/sa.ts';

/** The keys of an IKE SA, RFC 2409 §5. */
export type IkeKeys = {
  /** Authenticates phase 1 and nothing after it. */
  readonly skeyid: Uint8Array;
  readonly skeyidD: Uint8Array;
  readonly skeyidA: Uint8Array;
  readonly skeyidE: Uint8Array;
  /** SKEYID_e cut or expanded to what the cipher takes; the same in both directions. */
  readonly encryptionKey: Uint8Array;
};

export type IkeKeyInput = {
  readonly suite: CipherSuite;
  readonly skeyid: Uint8Array;
  /** g^xy at its full length, leading zeros included. */
  readonly sharedSecret: Uint8Array;
  /** Hex, as in the header. */
  readonly spiI: string;
  readonly spiR: string;
};

/** RFC 2409 §5: SKEYID_d, SKEYID_a and SKEYID_e each take in the one before. */
export function deriveIkeKeys(input: IkeKeyInput): IkeKeys {
  const { skeyid, suite } = input;
  const common = concatBytes(input.sharedSecret, fromHex(input.spiI), fromHex(input.spiR));
  const next = (previous: Uint8Array, label: number) =>
    prf(prfOf(suite), skeyid, previous, common, Uint8Array.of(label));
  const skeyidD = next(new Uint8Array(0), 0);
  const skeyidA = next(skeyidD, 1);
  const skeyidE = next(skeyidA, 2);
  return { skeyid, skeyidD, skeyidA, skeyidE, encryptionKey: encryptionKey(suite, skeyidE) };
}

/** SKEYID with a pre-shared key, RFC 2409 §5.4. */
export function skeyidFromPsk(
  keyword: PrfKeyword,
  psk: Uint8Array,
  nonceI: Uint8Array,
  nonceR: Uint8Array,
): Uint8Array {
  return prf(keyword, psk, nonceI, nonceR);
}

/** SKEYID with signatures, RFC 2409 §5.1; no key of it enters, so that it authenticates nobody by itself. */
export function skeyidFromSignatures(
  keyword: PrfKeyword,
  sharedSecret: Uint8Array,
  nonceI: Uint8Array,
  nonceR: Uint8Array,
): Uint8Array {
  return prf(keyword, concatBytes(nonceI, nonceR), sharedSecret);
}

/** The IV of the first encrypted message of phase 1: the hash of both public values, RFC 2409 appendix B. */
export function phase1Iv(suite: CipherSuite, publicI: Uint8Array, publicR: Uint8Array): Uint8Array {
  return hash(hashOf(suite), publicI, publicR).slice(0, encryptionAlgorithm(encryptionOf(suite)).ivBytes);
}

/** `initiator` are the keys of the packets that the initiator of the Quick Mode sends. */
export type ChildKeys = { readonly initiator: DirectionKeys; readonly responder: DirectionKeys };

export type ChildKeyInput = {
  /** Of the Child SA. */
  readonly suite: CipherSuite;
  /** Of the IKE SA that makes it. */
  readonly prf: PrfKeyword;
  readonly skeyidD: Uint8Array;
  /** Of the Quick Mode, without payload headers. */
  readonly nonceI: Uint8Array;
  readonly nonceR: Uint8Array;
  /** As each side chose it for what it receives, 4 bytes. */
  readonly spiI: Uint8Array;
  readonly spiR: Uint8Array;
  /** g(qm)^xy, only with PFS. */
  readonly sharedSecret?: Uint8Array;
};

/**
 * KEYMAT of Quick Mode, RFC 2409 §5.5. A direction has the SPI that its destination chose, and within its KEYMAT the
 * encryption key (salt included, RFC 4106 §8.1) comes before the integrity key (RFC 2401 §4.6.2).
 */
export function deriveChildKeys(input: ChildKeyInput): ChildKeys {
  return { initiator: directionKeys(input, input.spiR), responder: directionKeys(input, input.spiI) };
}

/** The prf of an agreed IKE suite: the HMAC of its hash (RFC 2409 §4). */
export function prfOf(suite: CipherSuite): PrfKeyword {
  invariant(suite.prf !== undefined, 'an agreed IKE suite has a prf');
  return suite.prf;
}

/** The hash of an agreed IKE suite. */
export function hashOf(suite: CipherSuite): HashName {
  return prfAlgorithm(prfOf(suite)).hash;
}

/** The cipher of an agreed IKE suite; IKEv1 has only CBC ones. */
export function encryptionOf(suite: CipherSuite): EncryptionKeyword {
  invariant(suite.encryption !== undefined, 'an agreed IKE suite has a cipher');
  return suite.encryption;
}

/** RFC 2409 appendix B: a SKEYID_e that is too short is not extended but replaced, by Ka = K1 | K2 | … */
function encryptionKey(suite: CipherSuite, skeyidE: Uint8Array): Uint8Array {
  const length = encryptionAlgorithm(encryptionOf(suite)).keyBits / 8;
  if (length <= skeyidE.length) return skeyidE.slice(0, length);
  const first = prf(prfOf(suite), skeyidE, Uint8Array.of(0));
  return expand(first, length, (previous) => prf(prfOf(suite), skeyidE, previous));
}

function directionKeys(input: ChildKeyInput, spi: Uint8Array): DirectionKeys {
  const { suite } = input;
  const cipher = suite.encryption === undefined ? undefined : encryptionAlgorithm(suite.encryption);
  const encryptionBytes = cipher === undefined ? 0 : cipher.keyBits / 8 + cipher.saltBytes;
  const integrityBytes = suite.integrity === undefined ? 0 : integrityAlgorithm(suite.integrity).keyBytes;
  const protocol = Uint8Array.of(suite.protocol === 'ah' ? PROTOCOL.AH : PROTOCOL.ESP);
  const seed = concatBytes(input.sharedSecret ?? new Uint8Array(0), protocol, spi, input.nonceI, input.nonceR);
  const next = (previous: Uint8Array) => prf(input.prf, input.skeyidD, previous, seed);
  const keymat = expand(next(new Uint8Array(0)), encryptionBytes + integrityBytes, next);
  return { encryptionKey: keymat.slice(0, encryptionBytes), integrityKey: keymat.slice(encryptionBytes) };
}

/** `first`, then what `next` makes of each block, up to `length` bytes. */
function expand(first: Uint8Array, length: number, next: (previous: Uint8Array) => Uint8Array): Uint8Array {
  const blocks = [first];
  let block = first;
  while (blocks.length * first.length < length) {
    block = next(block);
    blocks.push(block);
  }
  return concatBytes(...blocks).slice(0, length);
}
