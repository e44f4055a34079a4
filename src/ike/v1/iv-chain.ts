import { ByteWriter } from '../../base/bytes.ts';
import { type EncryptionKeyword, encryptionAlgorithm, type HashName } from '../../crypto/algorithms.ts';
import { decryptCbc, encryptCbc } from '../../crypto/cipher.ts';
import { hash } from '../../crypto/hash.ts';
import { padToBlock } from './wire/message.ts';

/**
 * The IVs of an IKE SA, RFC 2409 appendix B, as plain data that is never changed in place: `phase1` is the last
 * ciphertext block of phase 1 (its first IV before there is one), `exchanges` the last block of each exchange of
 * phase 2 under its message ID. Whoever ends an exchange must `forgetExchange`, for nothing else bounds their number.
 */
export type IvChain = {
  readonly phase1: Uint8Array;
  readonly exchanges: ReadonlyMap<number, Uint8Array>;
};

/** How the messages of an IKE SA are protected. */
export type MessageCipher = {
  readonly encryption: EncryptionKeyword;
  readonly key: Uint8Array;
  readonly hash: HashName;
};

/** A message body, and the chain as it is once the message counts. */
export type ChainedBody = { readonly bytes: Uint8Array; readonly next: IvChain };

/** The message ID of phase 1, RFC 2408 §3.1. */
const PHASE_1 = 0;

/** `iv` is that of the first encrypted message of phase 1. */
export function startIvChain(iv: Uint8Array): IvChain {
  return { phase1: iv, exchanges: new Map() };
}

/** Pads a chain of payloads with zeros and encrypts it. The caller commits `next` when it sends the message. */
export function encryptBody(
  chain: IvChain,
  cipher: MessageCipher,
  messageId: number,
  plaintext: Uint8Array,
): ChainedBody {
  const padded = padToBlock(plaintext, encryptionAlgorithm(cipher.encryption).blockBytes);
  const bytes = encryptCbc(cipher.encryption, cipher.key, ivOf(chain, cipher, messageId), padded);
  return { bytes, next: advance(chain, cipher, messageId, bytes) };
}

/**
 * The inverse, padding left in place; undefined where it is no whole number of blocks. Nothing tells good plaintext
 * from garbage here: the caller keeps `chain`, and takes `next` only when the HASH within has proven the message, or
 * one forged datagram would put the IVs of both sides out of step.
 */
export function decryptBody(
  chain: IvChain,
  cipher: MessageCipher,
  messageId: number,
  ciphertext: Uint8Array,
): ChainedBody | undefined {
  const { blockBytes } = encryptionAlgorithm(cipher.encryption);
  if (ciphertext.length === 0 || ciphertext.length % blockBytes !== 0) return undefined;
  const bytes = decryptCbc(cipher.encryption, cipher.key, ivOf(chain, cipher, messageId), ciphertext);
  return { bytes, next: advance(chain, cipher, messageId, ciphertext) };
}

/** The chain without an exchange that is over. */
export function forgetExchange(chain: IvChain, messageId: number): IvChain {
  const { phase1, exchanges } = chain;
  if (!exchanges.has(messageId)) return chain;
  const others = new Map<number, Uint8Array>();
  for (const [other, iv] of exchanges) if (other !== messageId) others.set(other, iv);
  return { phase1, exchanges: others };
}

/** The first message of an exchange of phase 2 has hash(last block of phase 1 | message ID), the others their own. */
function ivOf(chain: IvChain, cipher: MessageCipher, messageId: number): Uint8Array {
  if (messageId === PHASE_1) return chain.phase1;
  const running = chain.exchanges.get(messageId);
  if (running !== undefined) return running;
  const { ivBytes } = encryptionAlgorithm(cipher.encryption);
  return hash(cipher.hash, chain.phase1, new ByteWriter().u32(messageId).finish()).slice(0, ivBytes);
}

function advance(chain: IvChain, cipher: MessageCipher, messageId: number, ciphertext: Uint8Array): IvChain {
  const lastBlock = ciphertext.slice(-encryptionAlgorithm(cipher.encryption).blockBytes);
  const { phase1, exchanges } = chain;
  if (messageId === PHASE_1) return { phase1: lastBlock, exchanges };
  return { phase1, exchanges: new Map(exchanges).set(messageId, lastBlock) };
}
