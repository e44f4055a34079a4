import { describe, expect, test } from 'vitest';
import type { Arena } from '../../native/arena.ts';
import { createArena } from '../../native/arena.ts';
import { espSa, IMPLEMENTATIONS, SUITES, suiteName } from './testing/suites.ts';
import { TAILROOM } from './transform.ts';
import { inboundTransform, outboundTransform } from './transforms.ts';

const AT = 128;
const LENGTHS = [...Array.from({ length: 201 }, (_, length) => length), 1400];

const PAIRS = [
  ['native', 'native'],
  ['native', 'portable'],
  ['portable', 'native'],
  ['portable', 'portable'],
] as const;

describe.each(SUITES.map((suite) => ({ suite, name: suiteName(suite) })))('$name', ({ suite }) => {
  test.each(PAIRS)('every length sealed by the %s implementation is opened by the %s one', (from, to) => {
    for (const esn of [false, true]) {
      const sa = espSa(suite, esn);
      const outbound = outboundTransform(sa, IMPLEMENTATIONS[from]);
      const inbound = inboundTransform(sa, IMPLEMENTATIONS[to]);
      for (const length of LENGTHS) {
        const arena = packet(length);
        const sealed = outbound.seal(arena, AT, length, 4);
        expect(sealed).toBe(outbound.overhead(length));
        expect(inbound.open(arena, AT - outbound.headroom, sealed, 0)).toBe(length);
        expect(inbound.nextHeader).toBe(4);
        expect(arena.bytes.slice(AT, AT + length)).toEqual(packet(length).bytes.slice(AT, AT + length));
      }
      outbound.close();
      inbound.close();
    }
  });
});

function packet(length: number): Arena {
  const arena = createArena(AT + length + TAILROOM);
  for (let at = 0; at < arena.bytes.length; at++) arena.bytes[at] = (at * 31 + length) & 0xff;
  return arena;
}
