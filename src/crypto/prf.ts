import type { PrfKeyword } from './algorithms.ts';
import { prfAlgorithm } from './algorithms.ts';
import { workingProvider } from './working-provider.ts';

/**
 * prf(key, data…) of RFC 7296 §2.13 and RFC 2409 §4, the data concatenated. A key of any length: HMAC hashes a long
 * one and pads a short one itself (RFC 2104 §2).
 */
export function prf(keyword: PrfKeyword, key: Uint8Array, ...data: readonly Uint8Array[]): Uint8Array {
  const { hash } = prfAlgorithm(keyword);
  return workingProvider('hmac', hash).hmac(hash, key, data);
}

/**
 * prf+(key, seed) of RFC 7296 §2.13, its first `length` bytes: T1 | T2 | … with Tn = prf(key, Tn-1 | seed | n).
 *
 * @throws RangeError beyond 255 blocks, which the single counter octet cannot number.
 */
export function prfPlus(keyword: PrfKeyword, key: Uint8Array, seed: Uint8Array, length: number): Uint8Array {
  const { outputBytes } = prfAlgorithm(keyword);
  const count = Math.ceil(length / outputBytes);
  if (count > 255) throw new RangeError(`prf+ yields no ${length} bytes with ${keyword}`);
  // The input of every block, in one place: Tn-1 | seed | n, and for the first block what follows the room for T0.
  const input = new Uint8Array(outputBytes + seed.length + 1);
  input.set(seed, outputBytes);
  const blocks = new Uint8Array(count * outputBytes);
  for (let counter = 1; counter <= count; counter++) {
    input[input.length - 1] = counter;
    const block = prf(keyword, key, counter === 1 ? input.subarray(outputBytes) : input);
    blocks.set(block, (counter - 1) * outputBytes);
    input.set(block);
  }
  return blocks.length === length ? blocks : blocks.subarray(0, length);
}
