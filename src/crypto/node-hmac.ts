import { hash } from 'node:crypto';
import type { HashName } from './algorithms.ts';

/**
 * HMAC by two digests of one call each (RFC 2104 §2). node:crypto's own is an object for every code, which costs twice
 * as much to make as the digests do, and more to collect.
 */
export function hmacOfDigests(name: HashName, key: Uint8Array, data: readonly Uint8Array[]): Uint8Array {
  const block = BLOCK_BYTES[name];
  let end = block;
  for (const part of data) end += part.length;
  // Room for the inner digest after the block, too, which is never longer than a block.
  const padded = end + block <= SCRATCH.length ? SCRATCH : new Uint8Array(end + block);
  const short = key.length <= block ? key : octetsOf(hash(name, key, 'binary'));
  try {
    for (let at = 0; at < block; at++) padded[at] = (short[at] ?? 0) ^ INNER;
    let at = block;
    for (const part of data) {
      padded.set(part, at);
      at += part.length;
    }
    const inner = hash(name, startOf(padded, end), 'binary');
    for (let at = 0; at < block; at++) padded[at] = (short[at] ?? 0) ^ OUTER;
    setOctets(padded, block, inner);
    return octetsOf(hash(name, startOf(padded, block + inner.length), 'binary'));
  } finally {
    // It has held the key, and what was keyed may be a secret as well.
    padded.fill(0, 0, end + block);
  }
}

/** A view is an object, too: those of the scratch memory are made once. */
function startOf(bytes: Uint8Array, end: number): Uint8Array {
  if (bytes !== SCRATCH) return bytes.subarray(0, end);
  const view = STARTS[end] ?? bytes.subarray(0, end);
  STARTS[end] = view;
  return view;
}

/** The octets of a text of one character for each. */
export function octetsOf(text: string): Uint8Array {
  const octets = new Uint8Array(text.length);
  setOctets(octets, 0, text);
  return octets;
}

function setOctets(octets: Uint8Array, start: number, text: string): void {
  for (let at = 0; at < text.length; at++) octets[start + at] = text.charCodeAt(at);
}

const INNER = 0x36;
const OUTER = 0x5c;

/** RFC 1321, FIPS 180-4 §1. */
const BLOCK_BYTES: Readonly<Record<HashName, number>> = { md5: 64, sha1: 64, sha256: 64, sha384: 128, sha512: 128 };

/** Where most are made; nothing is in it between two of them. */
const SCRATCH = new Uint8Array(2_048);
/** By where they end. */
const STARTS: (Uint8Array | undefined)[] = new Array(SCRATCH.length + 1).fill(undefined);
