import { describe, expect, it } from 'vitest';
import { toHex, utf8 } from '../base/bytes.ts';
import { hash } from './hash.ts';

describe('hash', () => {
  it('gives the digests of RFC 1321 §A.5 and FIPS 180-4 of nothing', () => {
    expect(toHex(hash('md5'))).toBe('d41d8cd98f00b204e9800998ecf8427e');
    expect(toHex(hash('sha1'))).toBe('da39a3ee5e6b4b0d3255bfef95601890afd80709');
    expect(toHex(hash('sha256'))).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
  });

  it('parts are hashed as their concatenation, and the answer is in memory of its own', () => {
    const whole = hash('sha1', utf8('abcdef'));
    expect(hash('sha1', utf8('ab'), new Uint8Array(0), utf8('cdef'))).toEqual(whole);
    expect(whole.buffer.byteLength).toBe(20);
  });
});
