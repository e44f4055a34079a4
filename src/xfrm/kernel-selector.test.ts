import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { TrafficSelector } from '../sa/traffic-selector.ts';
import { kernelSelectorKey, toKernelSelectors } from './kernel-selector.ts';
import type { KernelSelector, PortMatch } from './structs.ts';

const any = (start: string, end: string, changes: Partial<TrafficSelector> = {}): TrafficSelector => ({
  protocol: 0,
  startPort: 0,
  endPort: 65_535,
  start,
  end,
  ...changes,
});
const net = any('10.0.0.0', '10.0.255.255');
const peer = any('10.1.2.0', '10.1.2.255');
const tcp = (startPort: number, endPort = startPort) => ({ protocol: 6, startPort, endPort });

describe('traffic selectors become kernel selectors', () => {
  it('two prefixes, any protocol and port: one selector without masks', () => {
    expect(toKernelSelectors(net, peer)).toEqual([
      {
        source: { address: '10.0.0.0', length: 16 },
        destination: { address: '10.1.2.0', length: 24 },
        protocol: 0,
        sourcePort: { port: 0, mask: 0 },
        destinationPort: { port: 0, mask: 0 },
      },
    ]);
  });

  it('a range of addresses: one selector for each of its prefixes', () => {
    const found = selectors(any('10.0.0.1', '10.0.0.6'), peer);
    expect(found.map(({ source }) => `${source.address}/${source.length}`)).toEqual([
      '10.0.0.1/32',
      '10.0.0.2/31',
      '10.0.0.4/31',
      '10.0.0.6/32',
    ]);
  });

  it('the protocol that only one side names holds for both', () => {
    expect(selectors(net, any('10.1.2.0', '10.1.2.255', tcp(443)))).toMatchObject([
      { protocol: 6, sourcePort: { mask: 0 }, destinationPort: { port: 443, mask: 0xffff } },
    ]);
  });

  it('port ranges match exactly their ports, with at most 30 masks', () => {
    const bound = fc.integer({ min: 0, max: 65_535 });
    fc.assert(
      fc.property(bound, bound, bound, (a, b, probe) => {
        const [start, end] = [Math.min(a, b), Math.max(a, b)];
        const found = selectors(net, { ...peer, ...tcp(start, end) });
        const hits = (number: number) => found.filter(({ destinationPort }) => matches(destinationPort, number)).length;
        expect(found.length).toBeLessThanOrEqual(30);
        for (const number of [start, end, probe]) expect(hits(number)).toBe(number >= start && number <= end ? 1 : 0);
        if (start > 0) expect(hits(start - 1)).toBe(0);
        if (end < 65_535) expect(hits(end + 1)).toBe(0);
      }),
    );
  });

  it('ICMP type and code stand where the kernel looks for them', () => {
    const icmp = (startPort: number, endPort: number) => ({ protocol: 1, startPort, endPort });
    const echo = selectors({ ...net, ...icmp(0x0800, 0x0800) }, { ...peer, protocol: 1 });
    expect(echo).toMatchObject([{ sourcePort: { port: 8, mask: 0xffff }, destinationPort: { port: 0, mask: 0xffff } }]);
    const unreachable = selectors({ ...net, protocol: 1 }, { ...peer, ...icmp(0x0300, 0x03ff) });
    expect(unreachable).toMatchObject([
      { sourcePort: { port: 3, mask: 0xffff }, destinationPort: { port: 0, mask: 0 } },
    ]);
    expect(toKernelSelectors({ ...net, ...icmp(0x0300, 0x0400) }, { ...peer, protocol: 1 })).toBe('EOPNOTSUPP');
    expect(toKernelSelectors({ ...net, ...icmp(1, 1) }, { ...peer, ...icmp(2, 2) })).toBe('EOPNOTSUPP');
  });
});

describe('what a kernel selector cannot say is refused', () => {
  it.each([
    ['EAFNOSUPPORT', net, any('2001:db8::', '2001:db8::ffff')],
    ['EINVAL', { ...net, protocol: 6 }, { ...peer, protocol: 17 }],
    ['EOPNOTSUPP', { ...net, protocol: 6, startPort: 65_535, endPort: 0 }, { ...peer, protocol: 6 }],
    ['E2BIG', any('10.0.0.1', '10.255.255.254'), any('11.0.0.1', '11.255.255.254')],
    ['E2BIG', { ...net, ...tcp(1, 65_534) }, { ...peer, ...tcp(1, 65_534) }],
  ] as const)('%s', (code, source, destination) => {
    expect(toKernelSelectors(source, destination)).toBe(code);
  });
});

describe('the key of a kernel selector', () => {
  it('tells apart all selectors of one policy', () => {
    const found = selectors(any('10.0.0.1', '10.0.0.6', tcp(1, 6)), { ...peer, ...tcp(80, 90) });
    expect(new Set(found.map(kernelSelectorKey)).size).toBe(found.length);
  });
});

function selectors(source: TrafficSelector, destination: TrafficSelector): KernelSelector[] {
  const found = toKernelSelectors(source, destination);
  if (typeof found === 'string') throw new Error(found);
  return found;
}

function matches({ port, mask }: PortMatch, number: number): boolean {
  return (number & mask) === port;
}
