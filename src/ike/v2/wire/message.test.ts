import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromHex } from '../../../base/bytes.ts';
import { WireError } from '../../../base/errors.ts';
import { messageHeaderArbitrary, payloadsArbitrary } from '../testing/payload-arbitraries.ts';
import { decodePlainMessage, encodePlainMessage } from './message.ts';
import { decodePayloads, encodePayloads, PAYLOAD_TYPE, type Payload } from './payload.ts';

describe('IKEv2 payloads', () => {
  it('decode of encode gives the same payloads in the same order', () => {
    fc.assert(
      fc.property(payloadsArbitrary, (payloads) => {
        const { firstType, bytes } = encodePayloads(payloads);
        expect(decodePayloads(firstType, bytes)).toEqual(payloads);
      }),
      { numRuns: 300 },
    );
  });

  it('any first type and any bytes give payloads or a WireError', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 255 }), fc.uint8Array({ maxLength: 200 }), (firstType, bytes) => {
        expectPayloadsOrWireError(() => decodePayloads(firstType, bytes));
      }),
      { numRuns: 500 },
    );
  });

  it('any body of any known type gives a payload or a WireError', () => {
    const types = Object.values(PAYLOAD_TYPE);
    fc.assert(
      fc.property(fc.constantFrom(...types), fc.uint8Array({ maxLength: 120 }), (type, body) => {
        const length = body.length + 4;
        const bytes = Uint8Array.of(0, 0, length >> 8, length & 0xff, ...body);
        expectPayloadsOrWireError(() => decodePayloads(type, bytes));
      }),
      { numRuns: 1500 },
    );
  });

  it('P4: an unknown type is carried with its critical bit; on a known type the bit is ignored', () => {
    expect(decodePayloads(200, fromHex('00800005aa'))).toEqual([
      { type: 'unknown', payloadType: 200, critical: true, body: fromHex('aa') },
    ]);
    expect(decodePayloads(200, fromHex('00000005aa'))).toMatchObject([{ critical: false }]);
    expect(decodePayloads(43, fromHex('00ff0005aa'))).toEqual([{ type: 'V', data: fromHex('aa') }]);
  });

  it('P5: every order of payloads is accepted', () => {
    const payloads: Payload[] = [
      { type: 'Nonce', data: new Uint8Array(32).fill(7) },
      { type: 'KE', method: 31, data: new Uint8Array(32).fill(9) },
      { type: 'V', data: fromHex('0102') },
    ];
    for (const order of permutations(payloads)) {
      const { firstType, bytes } = encodePayloads(order);
      expect(decodePayloads(firstType, bytes)).toEqual(order);
    }
  });

  it('one malformed payload spoils the whole message: nothing is half-read', () => {
    const { firstType, bytes } = encodePayloads([
      { type: 'V', data: fromHex('0102') },
      { type: 'Nonce', data: new Uint8Array(15) },
    ]);
    expect(() => decodePayloads(firstType, bytes)).toThrow('Nonce.data');
  });
});

describe('plain IKEv2 message', () => {
  it('decode of encode gives header and payloads', () => {
    fc.assert(
      fc.property(messageHeaderArbitrary, payloadsArbitrary, (header, payloads) => {
        const decoded = decodePlainMessage(encodePlainMessage(header, payloads));
        expect(decoded.payloads).toEqual(payloads);
        expect(decoded.header).toMatchObject({ ...header, majorVersion: 2, minorVersion: 0 });
      }),
      { numRuns: 100 },
    );
  });

  it('the largest datagram of the smallest payloads is read, or refused, in a moment', () => {
    const bytes = new Uint8Array(65_000).fill(0);
    for (let offset = 28; offset < bytes.length; offset += 4) bytes.set([43, 0, 0, 4], offset);
    bytes.set([...new Uint8Array(8).fill(1), ...new Uint8Array(8), 43, 0x20, 34, 8, 0, 0, 0, 0, 0, 0, 0xfd, 0xe8], 0);
    expect(() => decodePlainMessage(bytes)).toThrow('limit');
  });
});

function expectPayloadsOrWireError(decode: () => Payload[]): void {
  try {
    const { firstType, bytes } = encodePayloads(decode());
    // What was accepted is understood: it can be written and read again.
    decodePayloads(firstType, bytes);
  } catch (error) {
    expect(error).toBeInstanceOf(WireError);
  }
}

function permutations<Item>(items: readonly Item[]): Item[][] {
  if (items.length === 0) return [[]];
  return items.flatMap((item, index) =>
    permutations([...items.slice(0, index), ...items.slice(index + 1)]).map((rest) => [item, ...rest]),
  );
}
