import { describe, expect, it } from 'vitest';
import { fromHex, toHex, utf8 } from '../base/bytes.ts';
import { INTEGRITY } from './algorithms.ts';
import { computeIcv } from './integrity.ts';

describe('integrity check values', () => {
  it('HMAC-MD5-96 and HMAC-SHA1-96 give the digest-96 of RFC 2202 case 5', () => {
    const text = utf8('Test With Truncation');
    expect(toHex(computeIcv('md5', fromHex('0c'.repeat(16)), text))).toBe('56461ef2342edc00f9bab995');
    expect(toHex(computeIcv('sha1', fromHex('0c'.repeat(20)), text))).toBe('4c1a03424b55e07fe7f27be1');
  });

  // RFC 4868 §2.7.2: the AUTH cases with keys as long as the digest.
  it.each([
    ['sha256', 32, '198a607eb44bfbc69903a0f1cf2bbdc5'],
    ['sha384', 48, 'b6a8d5636f5c6a7224f9977dcf7ee6c7fb6d0c48cbdee973'],
    ['sha512', 64, '637edc6e01dce7e6742a99451aae82df23da3e92439e590e43e761b33e910fb8'],
  ] as const)('HMAC-%s is cut to half (RFC 4868 §2.7.2)', (keyword, keyBytes, icv) => {
    expect(toHex(computeIcv(keyword, fromHex('0b'.repeat(keyBytes)), utf8('Hi There')))).toBe(icv);
  });

  it('has the length of the table, over the concatenation of the parts', () => {
    for (const { keyword, keyBytes, icvBytes } of INTEGRITY) {
      const key = new Uint8Array(keyBytes).fill(7);
      const icv = computeIcv(keyword, key, utf8('one '), utf8('text'));
      expect(icv).toHaveLength(icvBytes);
      expect(icv).toEqual(computeIcv(keyword, key, utf8('one text')));
    }
  });
});
