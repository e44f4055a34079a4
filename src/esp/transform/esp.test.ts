import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { openerOf, sealerOf } from './ciphers/suite.ts';
import { EspInbound } from './esp-inbound.ts';
import { EspOutbound } from './esp-outbound.ts';
import { BAD_ICV, CRYPTO_FAILED, DUMMY, EXHAUSTED, MALFORMED, NOT_TUNNEL, REPLAYED } from './fault.ts';
import { ReplayWindow } from './replay-window.ts';
import { SequenceCounter } from './sequence-counter.ts';
import { AT, packetArena, sameBytes, spoil } from './testing/packets.ts';
import { espSa, IMPLEMENTATIONS, SUITES, suiteName } from './testing/suites.ts';
import { TAILROOM } from './transform.ts';
import { inboundTransform, outboundTransform } from './transforms.ts';

const { native, portable } = IMPLEMENTATIONS;
const LENGTHS = [...Array.from({ length: 201 }, (_, length) => length), 1400];
const GCM = { encryption: 'aes128gcm16' } as const;
const CBC = { encryption: 'aes128', integrity: 'sha1' } as const;

describe.each(SUITES.map((suite) => ({ suite, name: suiteName(suite) })))('$name', ({ suite }) => {
  test.each([
    ['the library', 'the library', native, native],
    ['the library', 'src/crypto', native, portable],
    ['src/crypto', 'the library', portable, native],
  ])('every length sealed by %s is opened by %s, and nothing else in memory changes', (_from, _to, from, to) => {
    for (const esn of [false, true]) {
      const sa = espSa(suite, esn);
      const outbound = outboundTransform(sa, from);
      const inbound = inboundTransform(sa, to);
      const wrong = LENGTHS.filter((length) => {
        const before = packetArena(length);
        const arena = packetArena(length);
        const start = AT - outbound.headroom;
        const sealed = outbound.seal(arena, AT, length, 41);
        const untouched =
          sameBytes(arena, before, 0, start) && sameBytes(arena, before, start + sealed, arena.bytes.length);
        const opened = inbound.open(arena, start, sealed, 0);
        return (
          !untouched ||
          sealed !== outbound.overhead(length) ||
          opened !== length ||
          inbound.nextHeader !== 41 ||
          !sameBytes(arena, before, AT, AT + length) ||
          !sameBytes(arena, before, start + sealed, arena.bytes.length)
        );
      });
      expect(wrong).toEqual([]);
      outbound.close();
      inbound.close();
    }
  });

  test.each(['native', 'portable'] as const)('no octet may be another, says the %s implementation', (name) => {
    const sa = espSa(suite, true);
    const outbound = outboundTransform(sa, native);
    const inbound = inboundTransform(sa, IMPLEMENTATIONS[name]);
    const start = AT - outbound.headroom;
    const packet = packetArena(30);
    const sealed = outbound.seal(packet, AT, 30, 4);
    const faults = new Set<number>();
    for (let offset = 0; offset < sealed; offset++) {
      const forged = packetArena(30);
      forged.bytes.set(packet.bytes);
      spoil(forged, start + offset);
      faults.add(inbound.open(forged, start, sealed, 0));
    }
    expect([...faults]).toEqual([BAD_ICV]);
    expect(inbound.open(packet, start, sealed, 0)).toBe(30);
  });

  test('whatever comes is refused, never thrown at, and touches nothing outside of the packet', () => {
    const inbound = [native, portable].map((resources) => inboundTransform(espSa(suite, true), resources));
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.integer({ min: -5, max: 210 }), (bytes, length) => {
        for (const transform of inbound) {
          const arena = packetArena(210);
          arena.bytes.set(bytes, AT);
          const before = arena.bytes.slice();
          expect([MALFORMED, BAD_ICV, REPLAYED]).toContain(transform.open(arena, AT, length, 0));
          const end = AT + Math.max(0, length);
          expect(Buffer.compare(arena.bytes.subarray(0, AT), before.subarray(0, AT))).toBe(0);
          expect(Buffer.compare(arena.bytes.subarray(end), before.subarray(end))).toBe(0);
        }
      }),
      { numRuns: 50 },
    );
  });

  test('a closed SA does nothing', () => {
    for (const resources of [native, portable]) {
      const outbound = outboundTransform(espSa(suite, false), resources);
      const inbound = inboundTransform(espSa(suite, false), resources);
      const arena = packetArena(40);
      const sealed = outbound.seal(arena, AT, 40, 4);
      inbound.close();
      inbound.close();
      outbound.close();
      outbound.close();
      expect(outbound.seal(packetArena(40), AT, 40, 4)).toBe(CRYPTO_FAILED);
      expect(inbound.open(arena, AT - outbound.headroom, sealed, 0)).toBe(CRYPTO_FAILED);
    }
  });

  test('the longest inner packet for a room fits it, and one byte more does not', () => {
    const outbound = outboundTransform(espSa(suite, false), native);
    for (let room = 0; room < 300; room++) {
      const largest = outbound.largestInner(room);
      if (largest > 0) expect(outbound.overhead(largest)).toBeLessThanOrEqual(room);
      expect(outbound.overhead(largest + 1)).toBeGreaterThan(room);
    }
  });
});

describe.each([GCM, CBC])('an SA of $encryption', (suite) => {
  test('takes every packet once, in whatever order, and remembers none that was forged', () => {
    const outbound = outboundTransform(espSa(suite, true), native);
    const sealed = Array.from({ length: 100 }, () => {
      const arena = packetArena(20);
      return { arena, length: outbound.seal(arena, AT, 20, 4) };
    });
    const start = AT - outbound.headroom;
    const order = fc.shuffledSubarray([...sealed.keys()], { minLength: sealed.length });
    fc.assert(
      fc.property(order, (indices) => {
        const inbound = inboundTransform(espSa(suite, true), native);
        for (const index of indices) {
          const { arena, length } = sealed[index] ?? expect.unreachable();
          const copy = packetArena(20);
          const open = (spoilt: boolean) => {
            copy.bytes.set(arena.bytes);
            if (spoilt) spoil(copy, start + length - 1);
            return inbound.open(copy, start, length, 0);
          };
          expect([open(true), open(false), open(false), open(true)]).toEqual([BAD_ICV, 20, REPLAYED, REPLAYED]);
        }
        inbound.close();
      }),
      { numRuns: 10 },
    );
  });

  test('goes on over the end of the 32-bit numbers with ESN, and both halves are authenticated', () => {
    const sa = espSa(suite, true);
    const counter = new SequenceCounter(true, { high: 6, low: 0xffff_fffd });
    const outbound = new EspOutbound(sa.spi, sealerOf(sa, native), counter);
    const highest = 6 * 2 ** 32 + 0xffff_fffd;
    const inbound = new EspInbound(openerOf(sa, native), new ReplayWindow(64, true, highest));
    const behind = new EspInbound(openerOf(sa, native), new ReplayWindow(64, true, highest - 2 ** 32));
    for (let count = 0; count < 5; count++) {
      const arena = packetArena(20);
      const sealed = outbound.seal(arena, AT, 20, 4);
      const copy = packetArena(20);
      copy.bytes.set(arena.bytes);
      expect(behind.open(copy, AT - outbound.headroom, sealed)).toBe(BAD_ICV);
      expect(inbound.open(arena, AT - outbound.headroom, sealed)).toBe(20);
    }
  });

  test.each([
    ['without ESN', false, 0],
    ['with ESN', true, -1],
  ])('sends nothing more when the sequence numbers are used up, %s', (_name, esn, high) => {
    const sa = espSa(suite, esn);
    const counter = new SequenceCounter(esn, { high, low: 0xffff_fffe });
    const outbound = new EspOutbound(sa.spi, sealerOf(sa, native), counter);
    expect(outbound.seal(packetArena(20), AT, 20, 4)).toBe(outbound.overhead(20));
    for (let count = 0; count < 3; count++) {
      const arena = packetArena(20);
      expect(outbound.seal(arena, AT, 20, 4)).toBe(EXHAUSTED);
      expect(arena.bytes).toEqual(packetArena(20).bytes);
    }
  });

  test('drops what is authentic and no IP packet', () => {
    const outbound = outboundTransform(espSa(suite, false), native);
    const inbound = inboundTransform(espSa(suite, false), native);
    const faults = [59, 6, 4].map((nextHeader) => {
      const arena = packetArena(20);
      const sealed = outbound.seal(arena, AT, 20, nextHeader);
      return inbound.open(arena, AT - outbound.headroom, sealed, 0);
    });
    expect(faults).toEqual([DUMMY, NOT_TUNNEL, 20]);
  });

  test.each([
    ['longer than the packet', [...Array(14).fill(7), 15, 4]],
    ['as long as the packet', [...Array.from({ length: 14 }, (_, index) => index + 1), 14, 4], 0],
    ['not 1, 2, 3', [...Array(8).fill(0), 1, 2, 3, 4, 5, 7, 6, 4]],
    ['none', [...Array(14).fill(9), 0, 4], 14],
  ] as const)('looks at the padding: %s', (_name, text, expected: number = MALFORMED) => {
    const sa = espSa(suite, false);
    const sealer = sealerOf(sa, native);
    const inbound = inboundTransform(sa, native);
    const arena = packetArena(16);
    const start = AT - inbound.headroom;
    arena.view.setUint32(start + 4, 1);
    arena.bytes.set(text, AT);
    expect(sealer.seal(arena, start, 16, 0)).toBe(true);
    expect(inbound.open(arena, start, inbound.headroom + 16 + sealer.icvBytes, 0)).toBe(expected);
  });

  test('refuses what is too short, no whole block, or not within memory, and does not touch it', () => {
    const outbound = outboundTransform(espSa(suite, false), native);
    const inbound = inboundTransform(espSa(suite, false), native);
    const arena = packetArena(64);
    const sealed = outbound.seal(arena, AT, 64, 4);
    const before = arena.bytes.slice();
    const start = AT - outbound.headroom;
    for (let length = -1; length < sealed; length++) {
      const fault = inbound.open(arena, start, length, 0);
      expect([MALFORMED, BAD_ICV], `${length} bytes`).toContain(fault);
      arena.bytes.set(before);
    }
    expect(inbound.open(arena, -1, sealed, 0)).toBe(MALFORMED);
    expect(inbound.open(arena, arena.bytes.length - sealed, sealed, 0)).toBe(MALFORMED);
    expect(outbound.seal(arena, outbound.headroom - 1, 20, 4)).toBe(MALFORMED);
    expect(outbound.seal(arena, arena.bytes.length - TAILROOM - 19, 20, 4)).toBe(MALFORMED);
    expect(arena.bytes).toEqual(before);
  });
});

test('an SA in transport mode, or without a key, is refused', () => {
  const sa = espSa(CBC, false);
  const { integrityKey: _integrityKey, ...unkeyed } = sa;
  const { encryptionKey: _encryptionKey, ...unencrypted } = sa;
  for (const wrong of [{ ...sa, mode: 'transport' } as const, unkeyed, unencrypted]) {
    expect(() => outboundTransform(wrong, native)).toThrow(RangeError);
    expect(() => inboundTransform(wrong, native)).toThrow(RangeError);
  }
});
