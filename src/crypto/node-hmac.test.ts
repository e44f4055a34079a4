import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { HashName } from './algorithms.ts';
import { hmacOfDigests } from './node-hmac.ts';

const HASHES: readonly HashName[] = ['md5', 'sha1', 'sha256', 'sha384', 'sha512'];

describe.each(HASHES)('HMAC of %s by digests', (name) => {
  it.each([0, 1, 63, 64, 65, 127, 128, 129, 300])('is that of OpenSSL with a key of %i bytes', (keyBytes) => {
    const key = octets(keyBytes);
    for (const lengths of [[], [0], [1], [20, 300, 7], [1_984], [1_900, 84], [2_048], [70_000]]) {
      const data = lengths.map(octets);
      const mac = createHmac(name, key);
      for (const part of data) mac.update(part);
      expect(hmacOfDigests(name, key, data)).toEqual(new Uint8Array(mac.digest()));
    }
  });

  it('has no memory of the one before', () => {
    hmacOfDigests(name, octets(128), [octets(1_900)]);
    const mac = createHmac(name, '').digest();
    expect(hmacOfDigests(name, new Uint8Array(0), [])).toEqual(new Uint8Array(mac));
  });
});

function octets(count: number): Uint8Array {
  return Uint8Array.from({ length: count }, (_, index) => (index * 7 + 1) & 0xff);
}
