import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromHex } from '../../base/bytes.ts';
import { WireError } from '../../base/errors.ts';
import { decodeHeader, EXCHANGE, EXCHANGE_V1, encodeHeader, exchangeName, type IkeHeader } from './header.ts';

const SAMPLE: IkeHeader = {
  initiatorSpi: 'c0c1c2c3c4c5c6c7',
  responderSpi: 'd0d1d2d3d4d5d6d7',
  nextPayload: 46,
  majorVersion: 2,
  minorVersion: 0,
  exchangeType: 37,
  flags: 0x28,
  messageId: 9,
  length: 28,
};

const SAMPLE_BYTES = fromHex('c0c1c2c3c4c5c6c7 d0d1d2d3d4d5d6d7 2e202528 00000009 0000001c');

function withBytes(change: Record<number, number>): Uint8Array {
  const bytes = SAMPLE_BYTES.slice();
  for (const [offset, value] of Object.entries(change)) bytes[Number(offset)] = value;
  return bytes;
}

describe('IKE header (RFC 7296 §3.1)', () => {
  it('reads and writes every field where the RFC draws it', () => {
    expect(decodeHeader(SAMPLE_BYTES)).toEqual(SAMPLE);
    expect(encodeHeader(SAMPLE)).toEqual(SAMPLE_BYTES);
  });

  it('H1: a datagram shorter than a header is refused at every length', () => {
    for (let length = 0; length < 28; length++)
      expect(() => decodeHeader(SAMPLE_BYTES.subarray(0, length))).toThrow(WireError);
  });

  it('H2: the Length field must be that of the datagram, shorter and longer alike', () => {
    for (const length of [0, 27, 29, 0xffff])
      expect(() => decodeHeader(withBytes({ 26: length >> 8, 27: length & 0xff }))).toThrow('header.length');
    expect(() => decodeHeader(withBytes({ 24: 0xff, 25: 0xff, 26: 0xff, 27: 0xff }))).toThrow('header.length');
    expect(() => decodeHeader(Uint8Array.of(...SAMPLE_BYTES, 0))).toThrow('header.length');
  });

  it('H4: minor versions and reserved flags are read, not judged', () => {
    expect(decodeHeader(withBytes({ 17: 0x2f, 19: 0xff }))).toMatchObject({
      majorVersion: 2,
      minorVersion: 15,
      flags: 0xff,
    });
  });

  it('H5: an initiator SPI of zero is refused, a responder SPI of zero is not', () => {
    const zeroed = SAMPLE_BYTES.slice().fill(0, 0, 8);
    expect(() => decodeHeader(zeroed)).toThrow('header.initiatorSpi');
    expect(decodeHeader(SAMPLE_BYTES.slice().fill(0, 8, 16)).responderSpi).toBe('0000000000000000');
  });

  it('any bytes give a header that encodes back to them, or a WireError', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 0, maxLength: 40 }), fc.boolean(), (bytes, fix) => {
        if (fix && bytes.length >= 28) bytes.set([0, 0, 0, bytes.length], 24);
        try {
          expect(encodeHeader(decodeHeader(bytes))).toEqual(bytes.slice(0, 28));
        } catch (error) {
          expect(error).toBeInstanceOf(WireError);
        }
      }),
    );
  });

  it('exchanges have names', () => {
    expect(exchangeName(EXCHANGE.IKE_SA_INIT)).toBe('IKE_SA_INIT');
    expect(exchangeName(EXCHANGE_V1.QUICK_MODE)).toBe('QUICK_MODE');
    expect(exchangeName(99)).toBe('exchange 99');
  });

  it('no exchange type of IKEv1 is one of IKEv2', () => {
    const numbers = [...Object.values(EXCHANGE_V1), ...Object.values(EXCHANGE)];
    expect(new Set(numbers).size).toBe(numbers.length);
  });
});
