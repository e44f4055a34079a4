import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  ByteReader,
  ByteWriter,
  compareBytes,
  concatBytes,
  equalBytes,
  fromHex,
  hexOf,
  readU32,
  toHex,
  u32Hex,
} from './bytes.ts';
import { WireError } from './errors.ts';

describe('ByteWriter', () => {
  it('keeps everything that was written, whichever write outgrows the buffer', () => {
    const writes = [
      { bytes: 1, write: (writer: ByteWriter) => writer.u8(0xa1) },
      { bytes: 2, write: (writer: ByteWriter) => writer.u16(0xa1a2) },
      { bytes: 4, write: (writer: ByteWriter) => writer.u32(0xa1a2a3a4) },
      { bytes: 8, write: (writer: ByteWriter) => writer.u64(0xa1a2a3a4a5a6a7a8n) },
      { bytes: 300, write: (writer: ByteWriter) => writer.bytes(new Uint8Array(300).fill(0xa1)) },
    ];
    for (const { bytes, write } of writes) {
      for (let before = 52; before <= 68; before++) {
        const head = new Uint8Array(before).fill(7);
        const out = write(new ByteWriter().bytes(head)).finish();
        expect(out).toHaveLength(before + bytes);
        expect(out.subarray(0, before)).toEqual(head);
        expect(out[before]).toBe(0xa1);
      }
    }
  });

  it('patches lengths that are known only afterwards', () => {
    expect(new ByteWriter().u16(0).u32(0).patchU16(0, 0x0102).patchU32(2, 0x03040506).finish()).toEqual(
      fromHex('010203040506'),
    );
  });
});

describe('ByteReader', () => {
  it('reads what the writer wrote', () => {
    fc.assert(
      fc.property(
        fc.nat(0xff),
        fc.nat(0xffff),
        fc.nat(0xffff_ffff),
        fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
        fc.uint8Array(),
        (a, b, c, d, e) => {
          const reader = new ByteReader(new ByteWriter().u8(a).u16(b).u32(c).u64(d).bytes(e).finish());
          const read = [reader.u8('a'), reader.u16('b'), reader.u32('c'), reader.u64('d'), reader.rest()];
          expect(read).toEqual([a, b, c, d, e]);
        },
      ),
    );
  });

  it('refuses every read past the end, and reads nothing of it', () => {
    const reader = new ByteReader(fromHex('01'));
    for (const read of [
      () => reader.u16('x'),
      () => reader.u32('x'),
      () => reader.bytes(2, 'x'),
      () => reader.bytes(-1, 'x'),
    ])
      expect(read).toThrow(WireError);
    expect(reader.u8('x')).toBe(1);
  });
});

describe('byte strings', () => {
  it('hexadecimal goes both ways', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        expect(fromHex(toHex(bytes))).toEqual(bytes);
      }),
    );
    expect(() => fromHex('abc')).toThrow(RangeError);
    expect(() => fromHex('zz')).toThrow(RangeError);
  });

  it('order is that of unsigned octets (RFC 7296 §2.8.1)', () => {
    expect(compareBytes(fromHex('7fff'), fromHex('8000'))).toBeLessThan(0);
    expect(compareBytes(fromHex('80'), fromHex('8000'))).toBeLessThan(0);
    expect(compareBytes(fromHex('8000'), fromHex('8000'))).toBe(0);
    expect(equalBytes(concatBytes(fromHex('80'), fromHex('00')), fromHex('8000'))).toBe(true);
    expect(equalBytes(fromHex('80'), fromHex('8000'))).toBe(false);
  });

  it('32-bit integers have their text and their octets, those with the highest bit too', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 0xffff_ffff }), (value) => {
        const octets = new ByteWriter().u32(value).finish();
        expect(readU32(octets)).toBe(value);
        expect(u32Hex(value)).toBe(toHex(octets));
        expect(new ByteWriter().hex(u32Hex(value)).finish()).toEqual(octets);
      }),
    );
    expect(readU32(fromHex('00112233445566'), 2)).toBe(0x2233_4455);
    expect(hexOf(fromHex('00112233'), 1, 3)).toBe('1122');
  });

  it('what is written is the same with any room for it, and in memory of its own', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array()), fc.nat(100), (parts, room) => {
        const writer = new ByteWriter(room);
        for (const part of parts) writer.bytes(part);
        const written = writer.finish();
        expect(written).toEqual(concatBytes(...parts));
        expect(written.buffer.byteLength).toBe(written.length);
      }),
    );
  });
});
