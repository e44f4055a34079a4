import { invariant, WireError } from '../../base/errors.ts';
import {
  type EncryptionAlgorithm,
  type EncryptionKeyword,
  encryptionAlgorithm,
  type IntegrityKeyword,
  integrityAlgorithm,
} from '../../crypto/algorithms.ts';
import { decryptCbc, encryptCbc, openAead, sealAead } from '../../crypto/cipher.ts';
import { constantTimeEqual } from '../../crypto/constant-time.ts';
import { computeIcv } from '../../crypto/integrity.ts';
import type { CipherSuite } from '../../sa/proposal.ts';
import { decodeHeader, HEADER_BYTES, type IkeHeader } from '../wire/header.ts';
import { GENERIC_HEADER_BYTES, walkPayloadChain } from '../wire/payload-chain.ts';
import type { DirectionKeys } from './keymat.ts';
import { decodeSkf, FRAGMENT_HEADER_BYTES } from './wire/encrypted.ts';
import { encodePlainMessage, type MessageHeader } from './wire/message.ts';
import { CHAIN_RULES, encodePayloads, PAYLOAD_TYPE, type Payload } from './wire/payload.ts';

/** Which part of a fragmented message this is, RFC 7383 §2.5. */
export type FragmentPosition = { readonly number: number; readonly total: number };

/** What protects the messages of one direction of an IKE SA. */
export type Protection = { readonly suite: CipherSuite; readonly keys: DirectionKeys };

export type SealOptions = Protection & {
  readonly header: MessageHeader;
  readonly payloads: readonly Payload[];
  /**
   * `ivBytes` of the cipher: unpredictable for CBC (RFC 7296 §3.14), never used before with these keys for a
   * combined-mode cipher (RFC 5282 §3.1).
   */
  readonly iv: Uint8Array;
};

/** The whole message with one Encrypted payload, RFC 7296 §3.14 or RFC 5282 §3. */
export function sealMessage(options: SealOptions): Uint8Array {
  const { firstType, bytes } = encodePayloads(options.payloads);
  return sealChain({ ...options, innerType: firstType, chain: bytes });
}

export type SealChainOptions = Protection & {
  readonly header: MessageHeader;
  readonly innerType: number;
  readonly chain: Uint8Array;
  readonly iv: Uint8Array;
  /** Present: an Encrypted Fragment payload. */
  readonly fragment?: FragmentPosition;
};

/** The same for payloads that are encoded already, or for a piece of them. */
export function sealChain(options: SealChainOptions): Uint8Array {
  const { header, innerType, chain, iv, fragment } = options;
  const shape = shapeOf(options.suite);
  invariant(iv.length === shape.cipher.ivBytes, 'the caller makes an IV of the length in the table');
  const plaintext = pad(chain, shape.cipher.blockBytes);
  const body = new Uint8Array(iv.length + plaintext.length + shape.icvBytes);
  const payload: Payload =
    fragment === undefined ? { type: 'SK', innerType, body } : { type: 'SKF', innerType, ...fragment, body };
  // The lengths in both headers are authenticated, so the message is laid out first and filled in afterwards.
  const message = encodePlainMessage(header, [payload]);
  const ivAt = message.length - body.length;
  message.set(iv, ivAt);
  const textAt = ivAt + iv.length;
  if (shape.integrity === undefined) {
    const aad = message.subarray(0, ivAt);
    message.set(sealAead(shape.keyword, options.keys.encryptionKey, iv, aad, plaintext), textAt);
    return message;
  }
  message.set(encryptCbc(shape.keyword, options.keys.encryptionKey, iv, plaintext), textAt);
  const icvAt = message.length - shape.icvBytes;
  message.set(computeIcv(shape.integrity, options.keys.integrityKey, message.subarray(0, icvAt)), icvAt);
  return message;
}

export type OpenedMessage = {
  readonly header: IkeHeader;
  /** Type of the first payload of `chain`; for `decodePayloads`. */
  readonly firstType: number;
  readonly chain: Uint8Array;
  /**
   * The octets from the IKE header to the generic header of the Encrypted payload, lengths as they came; of a fragment,
   * as if the message had not been fragmented. IntAuth covers them (RFC 9242 §3.3.2).
   */
  readonly lead: Uint8Array;
  /** Present where the chain is but a piece of the message's. */
  readonly fragment?: FragmentPosition;
};

/**
 * Authenticates and decrypts a message. Payloads beside the Encrypted one are covered by the ICV but are not
 * protected content: they are ignored.
 *
 * @returns undefined where it is not authentic or cannot be looked at before that is known: drop it.
 * @throws WireError where it is authentic and malformed all the same: answer INVALID_SYNTAX (RFC 7296 §2.21.3).
 */
export function openMessage(bytes: Uint8Array, suite: CipherSuite, keys: DirectionKeys): OpenedMessage | undefined {
  const located = locate(bytes);
  const shape = shapeOf(suite);
  if (located === undefined) return undefined;
  const textAt = located.contentAt + shape.cipher.ivBytes;
  if (bytes.length - textAt <= shape.icvBytes) return undefined;
  const plaintext = decrypt({ bytes, contentAt: located.contentAt, textAt }, shape, keys);
  if (plaintext === undefined) return undefined;
  const { header, innerType, lead, fragment } = located;
  const opened = { header, firstType: innerType, chain: unpad(plaintext), lead };
  return fragment === undefined ? opened : { ...opened, fragment };
}

/** The place that a message claims within a fragmented one, before anything is authenticated; else undefined. */
export function peekFragment(bytes: Uint8Array): FragmentPosition | undefined {
  // Most messages begin with their Encrypted payload, which is the last one then: no fragment.
  return bytes[NEXT_PAYLOAD_AT] === PAYLOAD_TYPE.SK ? undefined : locate(bytes)?.fragment;
}

/** Bytes that protection adds to a chain of `chainBytes`, from the IKE header to the ICV. */
export function sealedBytes(suite: CipherSuite, chainBytes: number): number {
  const { cipher, icvBytes } = shapeOf(suite);
  const plaintext = Math.ceil((chainBytes + 1) / cipher.blockBytes) * cipher.blockBytes;
  return HEADER_BYTES + GENERIC_HEADER_BYTES + cipher.ivBytes + plaintext + icvBytes;
}

/** The longest piece of a chain that fits one fragment message of `maxBytes`; not positive where none does. */
export function fragmentCapacity(suite: CipherSuite, maxBytes: number): number {
  const { cipher, icvBytes } = shapeOf(suite);
  const overhead = HEADER_BYTES + GENERIC_HEADER_BYTES + FRAGMENT_HEADER_BYTES + cipher.ivBytes + icvBytes;
  return Math.floor((maxBytes - overhead) / cipher.blockBytes) * cipher.blockBytes - 1;
}

/** Where the IKE header names the first payload, RFC 7296 §3.1. */
const NEXT_PAYLOAD_AT = 16;

type Located = {
  readonly header: IkeHeader;
  readonly innerType: number;
  readonly lead: Uint8Array;
  /** Where the IV starts. */
  readonly contentAt: number;
  readonly fragment?: FragmentPosition;
};

/** Finds the Encrypted payload, which must be the last one and reach to the end of the message (RFC 7296 §3.14). */
function locate(bytes: Uint8Array): Located | undefined {
  try {
    const header = decodeHeader(bytes);
    const chain = walkPayloadChain(header.nextPayload, bytes.subarray(HEADER_BYTES), CHAIN_RULES);
    const [last, before] = [chain.at(-1), chain.at(-2)];
    if (last === undefined) return undefined;
    const bodyAt = HEADER_BYTES + last.offset + GENERIC_HEADER_BYTES;
    const lead = bytes.slice(0, bodyAt);
    if (last.type === PAYLOAD_TYPE.SK) return { header, innerType: last.nextType, lead, contentAt: bodyAt };
    if (last.type !== PAYLOAD_TYPE.SKF) return undefined;
    lead[before === undefined ? NEXT_PAYLOAD_AT : HEADER_BYTES + before.offset] = PAYLOAD_TYPE.SK;
    const { innerType, number, total } = decodeSkf(last.body, last.nextType);
    return { header, innerType, lead, contentAt: bodyAt + FRAGMENT_HEADER_BYTES, fragment: { number, total } };
  } catch (error) {
    // Caught here and not at the edge: before the ICV is known to be good, a malformed message and a forged one
    // are the same thing, and only what is thrown afterwards may be answered.
    if (error instanceof WireError) return undefined;
    throw error;
  }
}

type Shape = {
  readonly keyword: EncryptionKeyword;
  readonly cipher: EncryptionAlgorithm;
  /** Absent with a combined-mode cipher. */
  readonly integrity?: IntegrityKeyword;
  readonly icvBytes: number;
};

function shapeOf(suite: CipherSuite): Shape {
  const { encryption: keyword, integrity } = suite;
  invariant(keyword !== undefined, 'an agreed IKE suite has a cipher');
  const cipher = encryptionAlgorithm(keyword);
  if (cipher.aeadIcvBytes !== undefined) return { keyword, cipher, icvBytes: cipher.aeadIcvBytes };
  invariant(integrity !== undefined, 'an agreed IKE suite without a combined-mode cipher has an integrity algorithm');
  return { keyword, cipher, integrity, icvBytes: integrityAlgorithm(integrity).icvBytes };
}

type Place = { readonly bytes: Uint8Array; readonly contentAt: number; readonly textAt: number };

/** The padded plaintext; the ICV is checked before anything is decrypted. */
function decrypt(place: Place, shape: Shape, keys: DirectionKeys): Uint8Array | undefined {
  const { bytes, contentAt, textAt } = place;
  const iv = bytes.subarray(contentAt, textAt);
  if (shape.integrity === undefined) {
    const aad = bytes.subarray(0, contentAt);
    return openAead(shape.keyword, keys.encryptionKey, iv, aad, bytes.subarray(textAt));
  }
  const icvAt = bytes.length - shape.icvBytes;
  const ciphertext = bytes.subarray(textAt, icvAt);
  if (ciphertext.length % shape.cipher.blockBytes !== 0) return undefined;
  const expected = computeIcv(shape.integrity, keys.integrityKey, bytes.subarray(0, icvAt));
  if (!constantTimeEqual(expected, bytes.subarray(icvAt))) return undefined;
  return decryptCbc(shape.keyword, keys.encryptionKey, iv, ciphertext);
}

/** RFC 7296 §3.14: padding of any value up to the block, then its length. */
function pad(chain: Uint8Array, blockBytes: number): Uint8Array {
  const padBytes = (blockBytes - ((chain.length + 1) % blockBytes)) % blockBytes;
  const padded = new Uint8Array(chain.length + padBytes + 1);
  padded.set(chain);
  padded[padded.length - 1] = padBytes;
  return padded;
}

function unpad(plaintext: Uint8Array): Uint8Array {
  const padBytes = plaintext.at(-1) ?? 0;
  if (padBytes + 1 > plaintext.length) throw new WireError('length', 'SK.padLength');
  return plaintext.subarray(0, plaintext.length - 1 - padBytes);
}
