import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytesToInteger, integerToBytes, padLeft } from './big-integer.ts';

describe('big-endian integers of fixed length', () => {
  it('bytes become an integer and the same bytes again', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 70 }), (bytes) => {
        expect(integerToBytes(bytesToInteger(bytes), Math.max(bytes.length, 1))).toEqual(
          padLeft(bytes, Math.max(bytes.length, 1)),
        );
      }),
    );
  });

  it('a short value gets leading zeros', () => {
    expect(padLeft(Uint8Array.of(5, 6), 4)).toEqual(Uint8Array.of(0, 0, 5, 6));
    expect(integerToBytes(0x506n, 4)).toEqual(Uint8Array.of(0, 0, 5, 6));
  });

  it('leading zeros that are too many go, but no other byte', () => {
    expect(padLeft(Uint8Array.of(0, 5, 6), 2)).toEqual(Uint8Array.of(5, 6));
    expect(() => padLeft(Uint8Array.of(1, 5, 6), 2)).toThrow(RangeError);
    expect(() => integerToBytes(0x10000n, 2)).toThrow(RangeError);
  });
});
