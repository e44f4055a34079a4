import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concatBytes, fromHex } from '../../../base/bytes.ts';
import { WireError } from '../../../base/errors.ts';
import { decodeHeader, FLAG_V1, HEADER_BYTES } from '../../wire/header.ts';
import { messageHeaderArbitrary, payloadsArbitrary } from '../testing/payload-arbitraries.ts';
import { decodeMessage, encodeClearMessage, encodeMessage, hashedPart, padToBlock } from './message.ts';
import {
  DRAFT_PAYLOAD_TYPE,
  decodeChain,
  decodePayloads,
  encodePayloads,
  PAYLOAD_TYPE,
  type PayloadV1,
} from './payload.ts';

const HASH: PayloadV1 = { type: 'HASH', data: new Uint8Array(20).fill(7) };
const NONCE: PayloadV1 = { type: 'Nonce', data: new Uint8Array(16).fill(9) };

describe('IKEv1 payloads', () => {
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
        expectPayloadsOrWireError(() => decodePayloads(firstType, bytes, bytes.length));
      }),
      { numRuns: 500 },
    );
  });

  it('any body of any known type gives a payload or a WireError', () => {
    const types = [...Object.values(PAYLOAD_TYPE), ...Object.values(DRAFT_PAYLOAD_TYPE)];
    fc.assert(
      fc.property(fc.constantFrom(...types), fc.uint8Array({ maxLength: 120 }), (type, body) => {
        const length = body.length + 4;
        const bytes = Uint8Array.of(0, 0, length >> 8, length & 0xff, ...body);
        expectPayloadsOrWireError(() => decodePayloads(type, bytes));
      }),
      { numRuns: 1500 },
    );
  });

  it('P8: reserved and private types are carried as unknown, whatever they hold', () => {
    for (const type of [14, 15, 19, 22, 32, 55, 127, 128, 129, 133, 255])
      expect(decodePayloads(type, fromHex('00000005aa'))).toEqual([
        { type: 'unknown', payloadType: type, body: fromHex('aa') },
      ]);
  });

  it('P8: the NAT payloads of the drafts are told from those of RFC 3947', () => {
    expect(decodePayloads(130, fromHex('00000005aa'))).toEqual([{ type: 'NAT-D', draft: true, hash: fromHex('aa') }]);
    expect(decodePayloads(20, fromHex('00000005aa'))).toEqual([{ type: 'NAT-D', draft: false, hash: fromHex('aa') }]);
    const body = fromHex('0000000c 01000000 0a000001');
    expect(decodePayloads(131, body)).toEqual([{ type: 'NAT-OA', draft: true, address: '10.0.0.1' }]);
    expect(decodePayloads(21, body)).toEqual([{ type: 'NAT-OA', draft: false, address: '10.0.0.1' }]);
  });

  it('H9: payload types of IKEv2 make no IKEv1 message', () => {
    for (const type of [33, 34, 41, 46, 53]) expect(() => decodePayloads(type, fromHex('00000004'))).toThrow('payload');
  });

  it('a proposal or a transform outside an SA payload is refused', () => {
    for (const type of [2, 3]) expect(() => decodePayloads(type, fromHex('00000008 01010000'))).toThrow('payload.type');
  });

  it('F8: a fragment stands alone, without padding', () => {
    const fragment: PayloadV1 = { type: 'FRAG', id: 1, number: 1, last: true, data: fromHex('aa') };
    const { firstType, bytes } = encodePayloads([fragment]);
    expect(decodePayloads(firstType, bytes)).toEqual([fragment]);
    expect(() => decodePayloads(firstType, concatBytes(bytes, fromHex('00')), 3)).toThrow('payload.chain');
    for (const payloads of [
      [fragment, fragment],
      [fragment, NONCE],
      [NONCE, fragment],
    ]) {
      const chain = encodePayloads(payloads);
      expect(() => decodePayloads(chain.firstType, chain.bytes)).toThrow('FRAG');
    }
  });

  it('many vendor IDs are read, and too many are not', () => {
    const read = (count: number) => {
      const { firstType, bytes } = encodePayloads(new Array(count).fill({ type: 'V', data: fromHex('01') }));
      return decodePayloads(firstType, bytes).length;
    };
    expect(read(50)).toBe(50);
    expect(() => read(51)).toThrow('limit');
  });
});

describe('IKEv1 message', () => {
  it('decode of encode gives header and payloads', () => {
    fc.assert(
      fc.property(messageHeaderArbitrary, payloadsArbitrary, (header, payloads) => {
        const bytes = encodeClearMessage(header, payloads);
        const decoded = decodeHeader(bytes);
        expect(decoded).toMatchObject({ ...header, majorVersion: 1, minorVersion: 0 });
        expect(decodeMessage(decoded, bytes.subarray(HEADER_BYTES))).toEqual(payloads);
      }),
      { numRuns: 100 },
    );
  });

  it('what goes out encrypted has the length of the ciphertext and names the first payload inside', () => {
    const header = { initiatorSpi: '01'.repeat(8), responderSpi: '02'.repeat(8), messageId: 7, exchangeType: 32 };
    const chain = encodePayloads([HASH]);
    const bytes = encodeMessage(
      { ...header, flags: FLAG_V1.ENCRYPTION },
      { ...chain, bytes: padToBlock(chain.bytes, 16) },
    );
    expect(decodeHeader(bytes)).toMatchObject({ nextPayload: 8, length: 28 + 32, flags: 1 });
  });

  it('the lengths of the payloads say where padding starts: any of it where encrypted, three bytes in the clear', () => {
    const { firstType, bytes } = encodePayloads([HASH, NONCE]);
    const read = (flags: number, padding: Uint8Array) =>
      decodeMessage({ nextPayload: firstType, flags }, concatBytes(bytes, padding));
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (padding) => {
        expect(read(FLAG_V1.ENCRYPTION, padding)).toEqual([HASH, NONCE]);
      }),
    );
    expect(read(FLAG_V1.ENCRYPTION, new Uint8Array(255).fill(0xff))).toEqual([HASH, NONCE]);
    expect(read(0, fromHex('000000'))).toEqual([HASH, NONCE]);
    expect(() => read(0, fromHex('00000000'))).toThrow('payload.chain');
  });

  it('is padded with zeros to whole blocks and no further', () => {
    for (const [length, padded] of [
      [0, 0],
      [1, 16],
      [16, 16],
      [17, 32],
    ] as const)
      expect(padToBlock(new Uint8Array(length).fill(1), 16)).toEqual(
        concatBytes(new Uint8Array(length).fill(1), new Uint8Array(padded - length)),
      );
  });

  it('HASH(n) covers the payloads behind it as they came, without padding (RFC 2409 §5.5)', () => {
    fc.assert(
      fc.property(payloadsArbitrary, fc.uint8Array({ maxLength: 20 }), (payloads, padding) => {
        const { firstType, bytes } = encodePayloads([HASH, ...payloads]);
        const header = { nextPayload: firstType, flags: FLAG_V1.ENCRYPTION };
        const part = hashedPart(header, concatBytes(bytes, padding));
        expect(part).toMatchObject({ hash: HASH.data, covered: bytes.subarray(24), last: false });
        expect(decodeChain(part?.chain ?? [])).toEqual([HASH, ...payloads]);
      }),
      { numRuns: 100 },
    );
    const between = encodePayloads([NONCE, HASH, NONCE]);
    expect(hashedPart({ nextPayload: between.firstType, flags: 1 }, between.bytes)).toBeUndefined();
  });

  it('HASH as the last payload covers those before it, as some devices have it in DPD', () => {
    const { firstType, bytes } = encodePayloads([NONCE, HASH]);
    const part = hashedPart({ nextPayload: firstType, flags: 1 }, bytes);
    expect(part).toMatchObject({ hash: HASH.data, covered: bytes.subarray(0, -24), last: true });
    expect(decodeChain(part?.chain ?? [])).toEqual([NONCE, HASH]);
  });
});

function expectPayloadsOrWireError(decode: () => PayloadV1[]): void {
  try {
    const { firstType, bytes } = encodePayloads(decode());
    // What was accepted is understood: it can be written and read again.
    decodePayloads(firstType, bytes);
  } catch (error) {
    expect(error).toBeInstanceOf(WireError);
  }
}
