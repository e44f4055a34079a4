import type { HashName, IntegrityKeyword } from '../../../crypto/algorithms.ts';
import { integrityAlgorithm } from '../../../crypto/algorithms.ts';
import type { Arena } from '../../../native/arena.ts';
import type { DigestCalls } from '../../../native/libcrypto.ts';
import type { NativeCrypto } from './native-crypto.ts';
import { digestBlockAt, digestContextAt } from './native-crypto.ts';
import type { Mac } from './protection.ts';

/**
 * HMAC (RFC 2104) in two calls a packet. The states of both digests after their first block, the padded key, are
 * computed once; the digest's padding is written behind the packet, so that the inner digest is one run over whole
 * blocks and no finishing is needed; the outer digest has one block more.
 */
export class NativeHmac implements Mac {
  readonly icvBytes: number;
  readonly #calls: DigestCalls;
  readonly #layout: DigestLayout;
  readonly #esn: boolean;
  readonly #scratch: Arena;
  readonly #contextAt: number;
  readonly #blockAt: number;
  /** The digest's state, which begins its context. */
  readonly #state: Int32Array;
  readonly #inner: Int32Array;
  readonly #outer: Int32Array;
  readonly #saved = new Int32Array(SAVED_WORDS);

  constructor(native: NativeCrypto, keyword: IntegrityKeyword, key: Uint8Array, esn: boolean) {
    const { hash, icvBytes } = integrityAlgorithm(keyword);
    this.icvBytes = icvBytes;
    this.#calls = native.lib.digests[hash];
    this.#layout = DIGEST_LAYOUTS[hash];
    this.#esn = esn;
    this.#scratch = native.scratch;
    this.#contextAt = digestContextAt(hash);
    this.#blockAt = digestBlockAt(hash);
    const { bytes } = native.scratch;
    this.#state = new Int32Array(bytes.buffer, bytes.byteOffset + this.#contextAt, this.#layout.stateWords);
    this.#inner = this.#keyedState(key, 0x36);
    this.#outer = this.#keyedState(key, 0x5c);
  }

  compute(arena: Arena, from: number, length: number, high: number): boolean {
    const { view } = arena;
    const { blockBytes, lengthBytes, littleEndian } = this.#layout;
    const end = from + length;
    const covered = this.#esn ? length + 4 : length;
    const padded = (covered + lengthBytes + blockBytes) & -blockBytes;
    const paddedEnd = from + padded;
    this.#save(view, end, paddedEnd);
    let at = end;
    if (this.#esn) {
      view.setInt32(at, high);
      at += 4;
    }
    view.setUint8(at++, 0x80);
    for (; at < paddedEnd - 8; at += 4) view.setInt32(at, 0);
    const bits = (blockBytes + covered) << 3;
    view.setInt32(paddedEnd - 8, littleEndian ? bits : 0, littleEndian);
    view.setInt32(paddedEnd - 4, littleEndian ? 0 : bits, littleEndian);
    const context = this.#scratch.address + this.#contextAt;
    this.#begin(this.#inner);
    const digested = this.#calls.update(context, arena.address + from, padded);
    this.#restore(view, end, paddedEnd);
    this.#finish(context);
    return digested === 1;
  }

  write(arena: Arena, at: number): void {
    const { littleEndian, swap } = this.#layout;
    const words = this.icvBytes >> 2;
    for (let index = 0; index < words; index++)
      arena.view.setInt32(at + 4 * index, this.#state[index ^ swap] ?? 0, littleEndian);
  }

  matches(arena: Arena, at: number): boolean {
    const { littleEndian, swap } = this.#layout;
    const words = this.icvBytes >> 2;
    let difference = 0;
    for (let index = 0; index < words; index++)
      difference |= arena.view.getInt32(at + 4 * index, littleEndian) ^ (this.#state[index ^ swap] ?? 0);
    return difference === 0;
  }

  close(): void {
    this.#inner.fill(0);
    this.#outer.fill(0);
    this.#state.fill(0);
  }

  /** The outer digest: the state of the inner one is its message. */
  #finish(context: number): void {
    const { view, address } = this.#scratch;
    const { blockBytes, digestWords, littleEndian, swap } = this.#layout;
    for (let index = 0; index < digestWords; index++)
      view.setInt32(this.#blockAt + 4 * index, this.#state[index ^ swap] ?? 0, littleEndian);
    const bits = (blockBytes + 4 * digestWords) << 3;
    view.setUint8(this.#blockAt + 4 * digestWords, 0x80);
    view.setInt32(this.#blockAt + blockBytes - (littleEndian ? 8 : 4), bits, littleEndian);
    this.#begin(this.#outer);
    this.#calls.transform(context, address + this.#blockAt);
  }

  #begin(state: Int32Array): void {
    for (let index = 0; index < state.length; index++) this.#state[index] = state[index] ?? 0;
  }

  #save(view: DataView, from: number, to: number): void {
    for (let at = from, index = 0; at < to; at += 4, index++) this.#saved[index] = view.getInt32(at);
  }

  #restore(view: DataView, from: number, to: number): void {
    for (let at = from, index = 0; at < to; at += 4, index++) view.setInt32(at, this.#saved[index] ?? 0);
  }

  /** The state after one block: the key, padded with zeros, and `mask` over all of it. */
  #keyedState(key: Uint8Array, mask: number): Int32Array {
    const { bytes, address } = this.#scratch;
    const { blockBytes } = this.#layout;
    if (key.length > blockBytes) throw new RangeError(`a key of ${key.length} bytes`);
    const block = bytes.subarray(this.#blockAt, this.#blockAt + blockBytes);
    block.fill(mask);
    for (const [index, octet] of key.entries()) block[index] = octet ^ mask;
    const context = address + this.#contextAt;
    this.#calls.init(context);
    this.#calls.transform(context, address + this.#blockAt);
    block.fill(0);
    return this.#state.slice();
  }
}

type DigestLayout = {
  readonly blockBytes: number;
  readonly stateWords: number;
  readonly digestWords: number;
  /** Bytes of the message length at the end of the padding. */
  readonly lengthBytes: number;
  readonly littleEndian: boolean;
  /** 1 where the state is of 64-bit words, whose lower half comes first in memory. */
  readonly swap: 0 | 1;
};

// biome-ignore format: one digest, one row
const DIGEST_LAYOUTS: Readonly<Record<HashName, DigestLayout>> = {
  md5: { blockBytes: 64, stateWords: 4, digestWords: 4, lengthBytes: 8, littleEndian: true, swap: 0 },
  sha1: { blockBytes: 64, stateWords: 5, digestWords: 5, lengthBytes: 8, littleEndian: false, swap: 0 },
  sha256: { blockBytes: 64, stateWords: 8, digestWords: 8, lengthBytes: 8, littleEndian: false, swap: 0 },
  sha384: { blockBytes: 128, stateWords: 16, digestWords: 12, lengthBytes: 16, littleEndian: false, swap: 1 },
  sha512: { blockBytes: 128, stateWords: 16, digestWords: 16, lengthBytes: 16, littleEndian: false, swap: 1 },
};

/** `high`, a block, the marker and the length, in the largest digest. */
const SAVED_WORDS = 40;
