import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ByteReader, equalBytes, fromHex, toHex } from '../base/bytes.ts';
import { DER_OCTET_STRING, derElement, derInteger, readDerElement } from './der.ts';

describe('DER', () => {
  it('an integer is as short as it can be, and never negative', () => {
    expect(toHex(derInteger(Uint8Array.of(0, 0, 5)))).toBe('020105');
    expect(toHex(derInteger(Uint8Array.of(0, 0x80)))).toBe('02020080');
    expect(toHex(derInteger(Uint8Array.of(0, 0)))).toBe('020100');
  });

  it('reads back what it wrote, over the lengths where the form of the length changes', () => {
    fc.assert(
      fc.property(fc.constantFrom(0, 1, 127, 128, 129, 255, 256, 257, 1024, 65535), fc.nat(255), (length, fill) => {
        const content = new Uint8Array(length).fill(fill);
        expect(equalBytes(readDerElement(new ByteReader(derElement(DER_OCTET_STRING, content))), content)).toBe(true);
      }),
    );
  });

  it('the long form has as many octets as it needs', () => {
    expect(toHex(derElement(DER_OCTET_STRING, new Uint8Array(127)).slice(0, 3))).toBe('047f00');
    expect(toHex(derElement(DER_OCTET_STRING, new Uint8Array(128)).slice(0, 3))).toBe('048180');
    expect(toHex(derElement(DER_OCTET_STRING, new Uint8Array(256)).slice(0, 4))).toBe('04820100');
    expect(readDerElement(new ByteReader(fromHex('040201020304')))).toEqual(fromHex('0102'));
  });
});
