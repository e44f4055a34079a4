import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addressToInteger, parsePrefix } from '../../base/net.ts';
import type { PolicySpec } from '../../sa/data-plane.ts';
import { containsSelector, selectorFromPrefix, type TrafficSelector } from '../../sa/traffic-selector.ts';
import { toKernelSelectors } from '../../xfrm/kernel-selector.ts';
import { policyPriority } from '../../xfrm/policy-priority.ts';
import { wordsAddress } from '../ip/address-words.ts';
import { PacketView } from '../ip/packet-view.ts';
import { ipPacket, type PacketParts, ports, upperLayer } from '../testing/packets.ts';
import { PolicyTable } from './policy-table.ts';

const TCP = { source: '10.0.0.1', destination: '10.1.2.3', protocol: 6, payload: ports(40_000, 443) };

describe('the policy that decides', () => {
  it('none where none matches, of either family', () => {
    const table = tableOf({ all: policy('0.0.0.0/0', '0.0.0.0/0') });
    expect(find(table, { ...TCP, source: '2001:db8::1', destination: '2001:db8::2' })).toBeUndefined();
    expect(find(tableOf({}), TCP)).toBeUndefined();
  });

  it('the longer prefix, whichever was there first', () => {
    const wide = policy('10.0.0.0/8', '10.1.0.0/16');
    const narrow = policy('10.0.0.0/8', '10.1.2.0/24', 'block');
    expect(find(tableOf({ wide, narrow }), TCP)).toBe('narrow');
    expect(find(tableOf({ narrow, wide }), TCP)).toBe('narrow');
    expect(find(tableOf({ narrow, wide }), { ...TCP, destination: '10.1.3.3' })).toBe('wide');
  });

  it('protect before trap before bypass before block of one selector; the latest among equals', () => {
    const of = (action: PolicySpec['action']) => policy('10.0.0.0/24', '10.1.2.0/24', action);
    const table = tableOf({ block: of('block'), first: of('protect'), second: of('protect'), trap: of('trap') });
    table.add('bypass', { name: 'bypass', policy: of('bypass') });
    const order = ['second', 'first', 'trap', 'bypass', 'block'];
    for (const name of order) {
      expect(find(table, TCP)).toBe(name);
      table.remove(name);
    }
    expect(find(table, TCP)).toBeUndefined();
  });

  it('what comes again under its key is the latest, and is one', () => {
    const same = policy('10.0.0.0/24', '10.1.2.0/24');
    const table = tableOf({ a: same, b: same });
    table.add('a', { name: 'a again', policy: same });
    expect(find(table, TCP)).toBe('a again');
    expect(table.size).toBe(2);
    table.remove('a');
    expect(find(table, TCP)).toBe('b');
  });

  it('IPv6 ranges are compared over all four words', () => {
    const range = { protocol: 0, startPort: 0, endPort: 65_535, start: '2001:db8:0:1::', end: '2001:db8:0:2::5' };
    const table = tableOf({ range: { ...policy('::/0', '::/0'), destination: range } });
    const to = (destination: string) => find(table, { ...TCP, source: '2001:db8::1', destination });
    expect([to('2001:db8:0:1::'), to('2001:db8:0:1:ffff::'), to('2001:db8:0:2::5')]).toEqual(Array(3).fill('range'));
    expect([to('2001:db8::ffff:ffff:ffff:ffff'), to('2001:db8:0:2::6'), to('2002::')]).toEqual(
      Array(3).fill(undefined),
    );
  });

  it('a policy that no packet can match does no harm', () => {
    const table = tableOf({ odd: policy('10.0.0.0/8', '::/0'), good: policy('10.0.0.0/8', '10.0.0.0/8') });
    expect(find(table, TCP)).toBe('good');
  });
});

describe('ports of a selector, RFC 7296 §3.13.1', () => {
  const limited = (limits: Partial<TrafficSelector>, own: Partial<TrafficSelector> = {}) => {
    const { source, destination, ...rest } = policy('10.0.0.0/8', '10.0.0.0/8');
    return tableOf({ it: { ...rest, source: { ...source, ...own }, destination: { ...destination, ...limits } } });
  };
  const opaque = { startPort: 65_535, endPort: 0 };
  const fragment = { ...TCP, fragmentOffset: 1 };
  const icmp = (type: string) => ({ ...TCP, protocol: 1, payload: upperLayer(`${type}ffff00000000`) });

  it('a range takes in its ports and no fragment without them', () => {
    const table = limited({ protocol: 6, startPort: 443, endPort: 444 });
    expect(find(table, TCP)).toBe('it');
    expect(find(table, { ...TCP, payload: ports(443, 445) })).toBeUndefined();
    expect(find(table, fragment)).toBeUndefined();
    expect(find(limited({ protocol: 6, startPort: 0, endPort: 65_534 }), fragment)).toBeUndefined();
  });

  it('ANY takes in fragments, OPAQUE nothing else', () => {
    expect(find(limited({ protocol: 6 }), fragment)).toBe('it');
    expect(find(limited({ protocol: 6, ...opaque }), fragment)).toBe('it');
    expect(find(limited({ protocol: 6, ...opaque }), TCP)).toBeUndefined();
  });

  it('types of ICMP: those that the sender may send, or the only ones that are named', () => {
    const echo = { protocol: 1, startPort: 0x0800, endPort: 0x0800 };
    for (const table of [
      limited({}, echo),
      limited(echo),
      limited(echo, echo),
      limited({ protocol: 1, ...opaque }, echo),
    ]) {
      expect(find(table, icmp('0800'))).toBe('it');
      expect(find(table, icmp('0801'))).toBeUndefined();
      expect(find(table, { ...icmp('0800'), fragmentOffset: 1 })).toBeUndefined();
    }
    expect(find(limited(echo, { protocol: 1, ...opaque }), icmp('0800'))).toBeUndefined();
  });

  it('types of ICMP form one range with their codes', () => {
    const table = limited({}, { protocol: 1, startPort: 0x0301, endPort: 0x0500 });
    const found = ['0300', '0301', '04ff', '0500', '0501'].map((type) => find(table, icmp(type)));
    expect(found).toEqual([undefined, 'it', 'it', 'it', undefined]);
  });
});

describe('the flow cache', () => {
  it('forgets with each change', () => {
    const table = tableOf({});
    expect(find(table, TCP)).toBeUndefined();
    table.add('a', { name: 'a', policy: policy('10.0.0.0/8', '10.0.0.0/8') });
    expect(find(table, TCP)).toBe('a');
    expect(find(table, TCP)).toBe('a');
    table.remove('a');
    expect(find(table, TCP)).toBeUndefined();
  });

  it('gives what a search gives, whatever it has seen before', () => {
    const table = tableOf(Object.fromEntries(SOME_POLICIES.map((entry, index) => [String(index), entry])));
    fc.assert(
      fc.property(fc.array(packet(), { minLength: 1, maxLength: 60 }), (packets) => {
        for (const parts of [...packets, ...packets]) expect(find(table, parts)).toBe(naive(SOME_POLICIES, parts));
      }),
      { numRuns: 50 },
    );
  });
});

describe('against a naive model', () => {
  it('finds what the kernel would take: the match with the lowest priority', () => {
    fc.assert(
      fc.property(
        fc.array(anyPolicy(), { maxLength: 12 }),
        fc.array(packet(), { minLength: 1 }),
        (policies, packets) => {
          const table = tableOf(Object.fromEntries(policies.map((entry, index) => [String(index), entry])));
          for (const parts of packets) expect(find(table, parts)).toBe(naive(policies, parts));
        },
      ),
    );
  });
});

describe('among many policies', () => {
  const range = (family: 4 | 6) =>
    fc.tuple(fc.nat(0xfff), fc.nat(0xff)).map(([start, length]) => {
      const text = (value: number) =>
        family === 4
          ? `10.0.${value >> 8}.${value & 0xff}`
          : `2001:db8::${(value >> 4).toString(16)}:0:0:${value & 0xf}`;
      return { protocol: 0, startPort: 0, endPort: 65_535, start: text(start), end: text(start + length) };
    });

  it.each([4, 6] as const)(
    'the first match is found by any of its addresses, whatever ranges they are, IPv%i',
    (family) => {
      const pairs = fc.array(fc.tuple(range(family), range(family)), { minLength: 1, maxLength: 60 });
      fc.assert(
        fc.property(pairs, fc.array(fc.tuple(range(family), range(family)), { maxLength: 10 }), (policies, others) => {
          const specs = policies.map(([source, destination]): PolicySpec => ({ ...ANY_POLICY, source, destination }));
          const table = tableOf(Object.fromEntries(specs.map((spec, index) => [String(index), spec])));
          for (const [source, destination] of [...policies, ...others]) {
            expectLeast(table, specs, { source: source.start, destination: destination.end });
            expectLeast(table, specs, { source: source.end, destination: destination.start });
          }
        }),
        { numRuns: 40 },
      );
    },
  );
});

describe('packets that have come by an SA', () => {
  const mine = policy('10.1.0.0/16', '10.0.0.0/8', 'protect', 7);
  const other = policy('10.1.2.0/24', '10.0.0.0/8', 'protect', 8);
  const from = (source: string) => ({ ...TCP, source, destination: '10.0.0.1' });

  it('pass where the policy that decides asks for that SA', () => {
    const table = tableOf({ mine, other });
    expect(selects(table, from('10.1.3.1'), 7)).toBe(true);
    expect(selects(table, from('10.1.3.1'), 8)).toBe(false);
    expect(selects(table, from('10.9.0.1'), 7)).toBe(false);
  });

  it('do not pass as those of another tunnel with the narrower segment', () => {
    const table = tableOf({ mine, other });
    expect(selects(table, from('10.1.2.1'), 7)).toBe(false);
    expect(selects(table, from('10.1.2.1'), 8)).toBe(true);
  });

  it('pass by either of two Child SAs for the same selectors, but not past a block', () => {
    const table = tableOf({ mine, twin: { ...mine, ...template(9) } });
    for (const reqid of [7, 9, 7, 9]) expect(selects(table, from('10.1.3.1'), reqid)).toBe(true);
    table.add('block', { name: 'block', policy: policy('10.1.3.0/24', '10.0.0.0/8', 'block') });
    expect(selects(table, from('10.1.3.1'), 7)).toBe(false);
  });
});

type Named = { readonly name: string; readonly policy: PolicySpec };

function tableOf(policies: Record<string, PolicySpec>): PolicyTable<Named> {
  const table = new PolicyTable<Named>();
  for (const [name, entry] of Object.entries(policies)) table.add(name, { name, policy: entry });
  return table;
}

function find(table: PolicyTable<Named>, parts: PacketParts): string | undefined {
  return table.lookup(viewOf(parts))?.name;
}

function selects(table: PolicyTable<Named>, parts: PacketParts, reqid: number): boolean {
  return table.selectsInbound(viewOf(parts), reqid);
}

function viewOf(parts: PacketParts): PacketView {
  const view = new PacketView();
  const bytes = ipPacket(parts);
  expect(view.read(bytes, 0, bytes.length)).toBe(true);
  return view;
}

function segment(text: string): TrafficSelector {
  const prefix = parsePrefix(text);
  if (prefix === undefined) throw new RangeError(text);
  return selectorFromPrefix(prefix);
}

function template(reqid: number): Pick<Required<PolicySpec>, 'template'> {
  return { template: { protocol: 'esp', mode: 'tunnel', reqid, source: '192.0.2.2', destination: '192.0.2.1' } };
}

function policy(source: string, destination: string, action: PolicySpec['action'] = 'protect', reqid = 7): PolicySpec {
  return { direction: 'out', source: segment(source), destination: segment(destination), action, ...template(reqid) };
}

const ANY_POLICY = policy('10.0.0.0/8', '10.0.0.0/8');

function contains(spec: PolicySpec, ends: { readonly source: string; readonly destination: string }): boolean {
  const host = (address: string) => ({ ...ANY_POLICY.source, start: address, end: address });
  return containsSelector(spec.source, host(ends.source)) && containsSelector(spec.destination, host(ends.destination));
}

/** What is found matches, and none that matches is for fewer addresses. */
function expectLeast(
  table: PolicyTable<Named>,
  specs: readonly PolicySpec[],
  ends: { source: string; destination: string },
): void {
  const found = table.lookup(viewOf({ ...TCP, ...ends }))?.policy;
  const matching = specs.filter((spec) => contains(spec, ends));
  expect(found === undefined).toBe(matching.length === 0);
  if (found === undefined) return;
  expect(matching).toContain(found);
  expect(width(found)).toBe(Math.min(...matching.map(width)));
}

/** The host bits of the prefixes that both ranges count as. */
function width({ source, destination }: PolicySpec): number {
  const hosts = [source, destination].map(({ start, end }) => addressToInteger(end) - addressToInteger(start));
  return hosts.reduce((bits, count) => bits + (count === 0n ? 0 : count.toString(2).length), 0);
}

const SOME_POLICIES = [
  policy('10.0.0.0/8', '10.0.0.0/8'),
  policy('10.0.0.0/24', '10.0.1.0/24', 'block'),
  policy('::/0', '2001:db8::/64'),
  policy('0.0.0.0/0', '0.0.0.0/0', 'bypass'),
  {
    ...policy('10.0.0.0/8', '10.0.0.0/8'),
    destination: { ...segment('10.0.0.0/16'), protocol: 17, startPort: 0, endPort: 1 },
  },
];

/** Few values, so that much matches. */
function packet(): fc.Arbitrary<PacketParts> {
  const last = fc.nat(3);
  const v4 = fc.record({ source: last.map((n) => `10.0.${n}.1`), destination: last.map((n) => `10.0.${n}.2`) });
  const v6 = fc.record({
    source: last.map((n) => `2001:db8:${n}::1`),
    destination: last.map((n) => `2001:db8:0:${n}::1`),
  });
  const upper = fc.record({
    protocol: fc.constantFrom(6, 17, 47),
    payload: fc.tuple(fc.nat(3), fc.nat(3)).map((pair) => ports(...pair)),
  });
  return fc
    .tuple(fc.oneof(v4, v6), upper, fc.nat(1))
    .map(([ends, layer, fragmentOffset]) => ({ ...ends, ...layer, fragmentOffset }));
}

/** Such as the kernel can hold: prefixes, and ranges of ports that are one block. */
function anyPolicy(): fc.Arbitrary<PolicySpec> {
  const prefix = fc.constantFrom(
    '0.0.0.0/0',
    '10.0.0.0/16',
    '10.0.0.0/22',
    '10.0.0.0/24',
    '10.0.1.0/24',
    '10.0.2.0/23',
  );
  const limits = fc.constantFrom(
    { protocol: 0 },
    { protocol: 6 },
    { protocol: 17, startPort: 0, endPort: 1 },
    { protocol: 17, startPort: 1, endPort: 1 },
    { protocol: 6, startPort: 2, endPort: 2 },
  );
  const action = fc.constantFrom('protect' as const, 'bypass' as const, 'block' as const);
  const places = fc.constantFrom({}, {}, { precedence: 'first' as const }, { precedence: 'last' as const });
  return fc.tuple(prefix, prefix, limits, action, places).map(([source, destination, ends, verdict, place]) => {
    const base = policy(source, destination, verdict);
    return { ...base, ...place, destination: { ...base.destination, ...ends } };
  });
}

/** The name of the one that decides: a packet is a selector of one address and port, or of OPAQUE ones. */
function naive(policies: readonly PolicySpec[], parts: PacketParts): string | undefined {
  const view = viewOf(parts);
  const exact = (words: Uint32Array, port: number): TrafficSelector => ({
    start: wordsAddress(words, view.version),
    end: wordsAddress(words, view.version),
    protocol: view.protocol,
    startPort: view.hasPorts ? port : 65_535,
    endPort: view.hasPorts ? port : 0,
  });
  const source = exact(view.source, view.sourcePort);
  const destination = exact(view.destination, view.destinationPort);
  let best: { readonly name: string; readonly priority: number } | undefined;
  for (const [index, entry] of policies.entries()) {
    if (!containsSelector(entry.source, source) || !containsSelector(entry.destination, destination)) continue;
    const [selector, ...more] = toKernelSelectors(entry.source, entry.destination);
    if (typeof selector !== 'object' || more.length > 0) throw new RangeError('not one kernel selector');
    const priority = policyPriority(selector, entry);
    if (best === undefined || priority <= best.priority) best = { name: String(index), priority };
  }
  return best?.name;
}
