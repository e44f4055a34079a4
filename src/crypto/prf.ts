import { concatBytes } from '../base/bytes.ts';
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
  const count = Math.ceil(length / prfAlgorithm(keyword).outputBytes);
  if (count > 255) throw new RangeError(`prf+ yields no ${length} bytes with ${keyword}`);
  const blocks: Uint8Array[] = [];
  let previous: Uint8Array = new Uint8Array(0);
  for (let counter = 1; counter <= count; counter++) {
    previous = prf(keyword, key, previous, seed, Uint8Array.of(counter));
    blocks.push(previous);
  }
  return concatBytes(...blocks).slice(0, length);
}
