import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatPrefix, parsePrefix } from '../base/net.ts';
import type { TrafficSelector } from './traffic-selector.ts';
import {
  containsAddress,
  containsSelector,
  formatSelector,
  MAX_SELECTORS,
  narrow,
  parseSelector,
  sameSelectors,
  selectorFromPrefix,
  selectorToPrefixes,
} from './traffic-selector.ts';

const any = { protocol: 0, startPort: 0, endPort: 65_535 };
const range = (start: string, end: string, upper: Partial<TrafficSelector> = {}): TrafficSelector => ({
  ...any,
  start,
  end,
  ...upper,
});
const prefix = (text: string, upper: Partial<TrafficSelector> = {}): TrafficSelector => {
  const parsed = parsePrefix(text);
  if (parsed === undefined) throw new Error(text);
  return { ...selectorFromPrefix(parsed), ...upper };
};
const OPAQUE = { startPort: 65_535, endPort: 0 };

describe('selectorToPrefixes', () => {
  it.each([
    ['10.0.0.0', '10.255.255.255', ['10.0.0.0/8']],
    ['10.0.0.1', '10.0.0.6', ['10.0.0.1/32', '10.0.0.2/31', '10.0.0.4/31', '10.0.0.6/32']],
    ['0.0.0.0', '255.255.255.255', ['0.0.0.0/0']],
    ['::', 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', ['::/0']],
    ['2001:db8::', '2001:db8::2', ['2001:db8::/127', '2001:db8::2/128']],
    ['10.0.0.9', '10.0.0.1', []],
  ])('%s-%s', (start, end, expected) => {
    expect(selectorToPrefixes(range(start, end)).map(formatPrefix)).toEqual(expected);
  });

  it('the worst ranges stay within 62 and 254 prefixes', () => {
    expect(selectorToPrefixes(range('0.0.0.1', '255.255.255.254'))).toHaveLength(62);
    expect(selectorToPrefixes(range('::1', 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe'))).toHaveLength(254);
  });

  it('covers exactly the range', () => {
    const octet = fc.nat(255);
    fc.assert(
      fc.property(octet, octet, (a, b) => {
        const [low, high] = [Math.min(a, b), Math.max(a, b)];
        const covered = selectorToPrefixes(range(`10.0.0.${low}`, `10.0.0.${high}`)).flatMap((part) => {
          const first = Number(part.address.split('.')[3]);
          return Array.from({ length: 2 ** (32 - part.length) }, (_, index) => first + index);
        });
        expect(covered).toEqual(Array.from({ length: high - low + 1 }, (_, index) => low + index));
      }),
    );
  });
});

describe('formatSelector', () => {
  it.each([
    [prefix('10.0.0.0/8'), '10.0.0.0/8'],
    [prefix('10.1.2.3'), '10.1.2.3/32'],
    [range('10.0.0.1', '10.0.0.9'), '10.0.0.1-10.0.0.9'],
    [prefix('10.0.0.0/8', { protocol: 6, startPort: 80, endPort: 80 }), '10.0.0.0/8[tcp/80]'],
    [prefix('::/0', { protocol: 17, startPort: 500, endPort: 600 }), '::/0[udp/500-600]'],
    [prefix('10.0.0.0/8', { protocol: 50 }), '10.0.0.0/8[50]'],
    [prefix('10.0.0.0/8', { protocol: 1, ...OPAQUE }), '10.0.0.0/8[icmp/opaque]'],
    [prefix('10.0.0.0/8', { startPort: 7, endPort: 7 }), '10.0.0.0/8[any/7]'],
  ])('%o', (selector, expected) => {
    expect(formatSelector(selector)).toBe(expected);
  });
});

describe('narrow (RFC 7296 §2.9)', () => {
  it('a wide offer is cut to what we have', () => {
    expect(narrow([prefix('10.1.0.0/16')], [prefix('0.0.0.0/0')])).toEqual([prefix('10.1.0.0/16')]);
  });

  it('nothing in common is nothing, also between families', () => {
    expect(narrow([prefix('10.1.0.0/16')], [prefix('10.2.0.0/16')])).toEqual([]);
    expect(narrow([prefix('0.0.0.0/0')], [prefix('::/0')])).toEqual([]);
    expect(narrow([], [prefix('::/0')])).toEqual([]);
  });

  it('the peer decides the order', () => {
    const ours = [prefix('10.1.0.0/16'), prefix('10.2.0.0/16'), prefix('2001:db8::/32')];
    const theirs = [prefix('2001:db8:1::/48'), prefix('10.2.0.0/16'), prefix('10.1.0.0/16')];
    expect(narrow(ours, theirs)).toEqual(theirs);
  });

  it('what lies within another is left out: the packet that triggered, in front of its network', () => {
    const packet = prefix('10.1.0.5', { protocol: 6, startPort: 80, endPort: 80 });
    expect(narrow([prefix('10.1.0.0/16')], [packet, prefix('10.1.0.0/16')])).toEqual([prefix('10.1.0.0/16')]);
  });

  it('ANY takes in OPAQUE, a port range does not (RFC 4301 §4.4.1.1)', () => {
    const opaque = prefix('10.0.0.0/8', { protocol: 17, ...OPAQUE });
    const ports = prefix('10.0.0.0/8', { protocol: 17, startPort: 1, endPort: 65_535 });
    expect(narrow([prefix('10.0.0.0/8')], [opaque])).toEqual([opaque]);
    expect(narrow([opaque], [opaque])).toEqual([opaque]);
    expect(narrow([ports], [opaque])).toEqual([]);
  });

  it('protocols: any gives way to one, two different ones have nothing in common', () => {
    const tcp = prefix('10.0.0.0/8', { protocol: 6 });
    expect(narrow([prefix('10.0.0.0/8')], [tcp])).toEqual([tcp]);
    expect(narrow([prefix('10.0.0.0/8', { protocol: 17 })], [tcp])).toEqual([]);
  });

  it('255 selectors against 300 of ours end within the cap', () => {
    const hosts = (count: number) =>
      Array.from({ length: count }, (_, index) => prefix(`10.0.${index >> 8}.${index & 255}`));
    const ports = Array.from({ length: 255 }, (_, port) =>
      prefix('10.0.0.0/16', { protocol: 6, startPort: port, endPort: port }),
    );
    expect(narrow(hosts(300), ports).length).toBe(MAX_SELECTORS);
  });

  const selector: fc.Arbitrary<TrafficSelector> = fc
    .record({
      family: fc.constantFrom('10.0.0.', '2001:db8::'),
      addresses: fc.tuple(fc.nat(9), fc.nat(9)),
      protocol: fc.constantFrom(0, 6, 17),
      ports: fc.oneof(fc.constant([0, 65_535]), fc.constant([65_535, 0]), fc.constantFrom([1, 5], [3, 9], [5, 5])),
    })
    .map(({ family, addresses: [a, b], protocol, ports: [startPort = 0, endPort = 0] }) => ({
      protocol,
      startPort,
      endPort,
      start: `${family}${Math.min(a, b) + 1}`,
      end: `${family}${Math.max(a, b) + 1}`,
    }));
  const selectors = fc.array(selector, { maxLength: 6 });

  it('every result lies within one of ours and one of theirs', () => {
    fc.assert(
      fc.property(selectors, selectors, (ours, theirs) =>
        narrow(ours, theirs).every(
          (result) =>
            ours.some((our) => containsSelector(our, result)) &&
            theirs.some((their) => containsSelector(their, result)),
        ),
      ),
    );
  });

  it('loses nothing: a selector that both sides contain is contained in the result', () => {
    fc.assert(
      fc.property(selectors, selectors, selector, (ours, theirs, probe) => {
        const inBoth = [ours, theirs].every((side) => side.some((one) => containsSelector(one, probe)));
        return !inBoth || narrow(ours, theirs).some((one) => containsSelector(one, probe));
      }),
    );
  });

  it('is idempotent, and commutative as a set', () => {
    fc.assert(
      fc.property(selectors, selectors, (ours, theirs) => {
        const once = narrow(ours, theirs);
        expect(narrow(ours, once)).toEqual(once);
        expect(sameSelectors(once, narrow(theirs, ours))).toBe(true);
      }),
    );
  });
});

it.each([
  ['10.2.0.0/16', '10.2.0.0', true],
  ['10.2.0.0/16', '10.2.255.255', true],
  ['10.2.0.0/16', '10.3.0.0', false],
  ['0.0.0.0/0', '203.0.113.9', true],
  ['0.0.0.0/0', '::1', false],
  ['::/0', '203.0.113.9', false],
  ['2001:db8::/32', '2001:db8:1::1', true],
])('containsAddress: %s, whatever the ports, and %s', (text, address, expected) => {
  expect(containsAddress(prefix(text, { protocol: 6, startPort: 80, endPort: 80 }), address)).toBe(expected);
});

describe('sameSelectors', () => {
  it('ignores order and repetition, and sees every field', () => {
    const [a, b] = [prefix('10.0.0.0/8'), prefix('10.0.0.0/9')];
    expect(sameSelectors([a, b], [b, a, a])).toBe(true);
    expect(sameSelectors([a], [b])).toBe(false);
    expect(sameSelectors([a], [a, b])).toBe(false);
    expect(sameSelectors([a], [{ ...a, protocol: 6 }])).toBe(false);
    expect(sameSelectors([a], [{ ...a, endPort: 1 }])).toBe(false);
  });
});

describe('parseSelector', () => {
  it.each([
    ['10.0.0.0/8', '10.0.0.0/8'],
    ['10.0.0.1', '10.0.0.1/32'],
    ['10.0.0.1-10.0.0.9', '10.0.0.1-10.0.0.9'],
    ['10.0.0.0-10.255.255.255', '10.0.0.0/8'],
    ['10.1.0.0/16[tcp/80]', '10.1.0.0/16[tcp/80]'],
    ['10.0.0.1-10.0.0.9[gre]', '10.0.0.1-10.0.0.9[gre]'],
    ['2001:db8::/32[58/128]', '2001:db8::/32[ipv6-icmp/128]'],
    ['10.0.0.0/8[any]', '10.0.0.0/8'],
  ])('%s', (text, formatted) => {
    const selector = parseSelector(text);
    expect(selector === undefined ? undefined : formatSelector(selector)).toBe(formatted);
  });

  it.each([
    '',
    '[tcp]',
    '10.0.0.1/8',
    '10.0.0.9-10.0.0.1',
    '10.0.0.1-2001:db8::1',
    '10.0.0.0/8-10.0.0.9',
    '10.0.0.1-10.0.0.2-10.0.0.3',
    '10.0.0.0/8[',
    '10.0.0.0/8[]',
    '10.0.0.0/8[tcp]]',
    '10.0.0.0/8[tcp][udp]',
    '10.0.0.0/8[tcp]x',
    '10.0.0.0/8 [tcp]',
  ])('%j is none', (text) => {
    expect(parseSelector(text)).toBeUndefined();
  });
});
