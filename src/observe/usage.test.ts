import { describe, expect, it } from 'vitest';
import { parsePrefix } from '../base/net.ts';
import type { ChildSaView } from '../ike/common/view.ts';
import type { SaCounters, SaKey } from '../sa/data-plane.ts';
import { selectorFromPrefix } from '../sa/traffic-selector.ts';
import { Usage } from './usage.ts';

const inbound = (spi: number): SaKey => ({ protocol: 'esp', destination: '192.0.2.1', spi });
const outbound = (spi: number): SaKey => ({ protocol: 'esp', destination: '192.0.2.2', spi });

function child(spi: number, remote: readonly string[] = ['10.2.0.0/16'], tunnel = 'idc'): ChildSaView {
  const selectors = (prefixes: readonly string[]) =>
    prefixes.map((text) => selectorFromPrefix(parsePrefix(text) ?? { address: '0.0.0.0', length: 0 }));
  const selected = { localSelectors: selectors(['10.1.0.0/16']), remoteSelectors: selectors(remote) };
  return { tunnel, inbound: inbound(spi), outbound: outbound(spi), ...selected } as unknown as ChildSaView;
}

const counters = (sa: SaKey, packets: number, lastUsedAt?: number): SaCounters => ({
  sa,
  packets,
  bytes: packets * 100,
  ...(lastUsedAt === undefined ? {} : { lastUsedAt }),
});

describe('what tunnels have carried', () => {
  it('goes on through a rekeying', () => {
    const usage = new Usage();
    usage.learn(child(1));
    usage.observe([counters(inbound(1), 3, 1_000), counters(outbound(1), 4)]);
    for (const spi of [1, 2]) usage.learn(child(spi));
    usage.observe([counters(inbound(1), 5, 2_000), counters(inbound(2), 1, 1_500), counters(outbound(2), 2)]);
    usage.forget([inbound(1), outbound(1)]);
    usage.observe([counters(inbound(2), 2), counters(inbound(1), 100)]);
    const expected = { in: { bytes: 700, packets: 7 }, out: { bytes: 600, packets: 6 }, lastPacketAt: 2_000 };
    expect(usage.total('idc')).toEqual(expected);
    expect(usage.ofPair('idc', '10.1.0.0/16', '10.2.0.0/16')).toEqual(expected);
  });

  it('is counted once, however often it is looked at', () => {
    const usage = new Usage();
    usage.learn(child(1));
    for (let i = 0; i < 3; i++) {
      usage.learn(child(1));
      usage.observe([counters(inbound(1), 3)]);
    }
    expect(usage.total('idc').in).toEqual({ bytes: 300, packets: 3 });
  });

  it("is no pair of segments' where the SA is for several", () => {
    const usage = new Usage();
    usage.learn(child(1, ['10.2.0.0/16', '10.3.0.0/16']));
    usage.observe([counters(inbound(1), 3)]);
    expect(usage.total('idc').in.packets).toBe(3);
    expect(usage.ofPair('idc', '10.1.0.0/16', '10.2.0.0/16').in.packets).toBe(0);
  });

  it('goes on where an SA moves, whether its counters begin anew or not', () => {
    for (const kept of [0, 5]) {
      const usage = new Usage();
      usage.learn(child(1));
      usage.observe([counters(outbound(1), 5)]);
      const moved = { ...outbound(1), destination: '192.0.2.9' };
      usage.move(outbound(1), moved, counters(moved, kept));
      usage.observe([counters(moved, kept + 2), counters(outbound(1), 50)]);
      expect(usage.total('idc').out.packets).toBe(7);
    }
  });

  it('is nothing for what is not known, and is forgotten with the tunnel', () => {
    const usage = new Usage();
    usage.learn(child(1));
    expect(usage.known([inbound(1), inbound(9)])).toEqual([inbound(1)]);
    usage.observe([counters(inbound(9), 3), counters(inbound(1), 3)]);
    usage.keepOnly(new Set());
    expect(usage.total('idc')).toEqual({ in: { bytes: 0, packets: 0 }, out: { bytes: 0, packets: 0 } });
  });

  it('never goes back, where an SA of the same SPI begins anew', () => {
    const usage = new Usage();
    usage.learn(child(1));
    usage.observe([counters(inbound(1), 5)]);
    usage.observe([counters(inbound(1), 2)]);
    expect(usage.total('idc').in.packets).toBe(7);
  });
});
