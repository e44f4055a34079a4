import { describe, expect, test } from 'vitest';
import { INTEGRITY } from '../../crypto/algorithms.ts';
import { BAD_ICV, CRYPTO_FAILED, MALFORMED, REPLAYED } from './fault.ts';
import { AT, packetArena, spoil } from './testing/packets.ts';
import { ahSa, IMPLEMENTATIONS } from './testing/suites.ts';
import { inboundTransform, outboundTransform } from './transforms.ts';

const LENGTHS = [20, 21, 22, 23, 40, 63, 64, 65, 1400];

/** Octets that change on the way: TOS, flags and offset, TTL, checksum; traffic class and flow label, hop limit. */
const OUTERS = [
  { family: 4, first: 0x45, outerLength: 20, mutable: [1, 6, 7, 8, 10, 11] },
  { family: 6, first: 0x60, outerLength: 40, mutable: [1, 2, 3, 7] },
] as const;

describe.each(INTEGRITY.map(({ keyword }) => keyword))('AH %s', (integrity) => {
  describe.each(OUTERS)('in IPv$family', ({ family, first, outerLength, mutable }) => {
    test.each([
      ['native', 'portable'],
      ['portable', 'native'],
    ] as const)('what the %s implementation sealed is opened by the %s one after routers had it', (from, to) => {
      for (const esn of [false, true]) {
        const sa = ahSa(integrity, esn, family);
        const outbound = outboundTransform(sa, IMPLEMENTATIONS[from]);
        const inbound = inboundTransform(sa, IMPLEMENTATIONS[to]);
        for (const length of LENGTHS) {
          const start = AT - outbound.headroom;
          const outerAt = start - outerLength;
          const arena = packetArena(length);
          arena.bytes[outerAt] = first;
          const before = arena.bytes.slice();
          const sealed = outbound.seal(arena, AT, length, 41);
          expect(sealed).toBe(outbound.overhead(length));
          expect(arena.bytes.slice(outerAt, start)).toEqual(before.slice(outerAt, start));
          for (const offset of mutable) arena.bytes[outerAt + offset] = 0xa5 ^ length;
          const received = arena.bytes.slice();
          expect(inbound.open(arena, start, sealed, outerAt)).toBe(length);
          expect(arena.bytes).toEqual(received);
          expect(inbound.nextHeader).toBe(41);
          expect(inbound.open(arena, start, sealed, outerAt)).toBe(REPLAYED);
        }
      }
    });

    test('a closed SA does nothing', () => {
      const sa = ahSa(integrity, false, family);
      const outbound = outboundTransform(sa, IMPLEMENTATIONS.native);
      const inbound = inboundTransform(sa, IMPLEMENTATIONS.native);
      const start = AT - outbound.headroom;
      const arena = packetArena(40);
      arena.bytes[start - outerLength] = first;
      const sealed = outbound.seal(arena, AT, 40, 4);
      outbound.close();
      inbound.close();
      expect(outbound.seal(packetArena(40), AT, 40, 4)).toBe(CRYPTO_FAILED);
      expect(inbound.open(arena, start, sealed, start - outerLength)).toBe(CRYPTO_FAILED);
    });

    test('no other octet of the outer header, AH or packet may change', () => {
      const sa = ahSa(integrity, true, family);
      const outbound = outboundTransform(sa, IMPLEMENTATIONS.native);
      const inbound = inboundTransform(sa, IMPLEMENTATIONS.native);
      const start = AT - outbound.headroom;
      const outerAt = start - outerLength;
      const arena = packetArena(30);
      arena.bytes[outerAt] = first;
      const sealed = outbound.seal(arena, AT, 30, 4);
      for (let at = outerAt; at < start + sealed; at++) {
        if (at < start && mutable.some((offset) => at === outerAt + offset)) continue;
        spoil(arena, at);
        expect([BAD_ICV, MALFORMED], `octet ${at - outerAt}`).toContain(inbound.open(arena, start, sealed, outerAt));
        spoil(arena, at);
      }
      expect(inbound.open(arena, start, sealed, outerAt)).toBe(30);
    });
  });
});
