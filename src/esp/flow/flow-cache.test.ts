import { beforeEach, describe, expect, it } from 'vitest';
import { PacketView } from '../ip/packet-view.ts';
import { ipPacket, type PacketParts, ports } from '../testing/packets.ts';
import { FlowCache } from './flow-cache.ts';

const V4 = { source: '10.0.0.1', destination: '10.1.2.3', protocol: 6, payload: ports(0, 0) };
const V6 = { ...V4, source: '2001:db8:ffff:1::5', destination: '2001:db8:ffff:2::6' };
const LABEL = 7;
/** There are 4096 places: of so many flows some have the same one. */
const MANY = 40_000;

let cache: FlowCache;

beforeEach(() => {
  cache = new FlowCache();
});

describe('a flow that is known', () => {
  it.each([
    ['IPv4', V4],
    ['IPv6', V6],
  ])('keeps its value until all is forgotten, %s', (_, parts) => {
    const view = viewOf(parts);
    expect(cache.get(view, LABEL)).toBeUndefined();
    for (const value of [5, 0]) {
      cache.set(view, LABEL, value);
      expect(cache.get(view, LABEL)).toBe(value);
    }
    cache.clear();
    expect(cache.get(view, LABEL)).toBeUndefined();
  });

  it.each([
    ['IPv4', V4, [3]],
    ['IPv6', V6, [0, 1, 2, 3]],
  ])('is told from all others by each word of its addresses, %s', (_, parts, words) => {
    for (const word of words) {
      for (const end of ['source', 'destination'] as const)
        expect(countFound(parts, (view, value) => view[end].set([value + 0x1_0000], word))).toBe(0);
    }
  });

  it('is told from all others by its ports, and under all other labels', () => {
    expect(countFound(V4, (view, value) => Object.assign(view, { sourcePort: value }))).toBe(0);
    expect(countFound(V4, (view, value) => Object.assign(view, { destinationPort: value }))).toBe(0);
    const view = viewOf(V4);
    cache.set(view, LABEL, 5);
    for (let label = LABEL + 1; label < MANY; label++)
      if (cache.get(view, label) !== undefined) expect.fail(`${label}`);
  });

  it('is told from one without ports, of another protocol, or of the other family', () => {
    cache.set(viewOf(V4), LABEL, 5);
    for (const other of [
      { ...V4, fragmentOffset: 1 },
      { ...V4, protocol: 17 },
      { ...V4, source: '::a00:1', destination: '::a01:203' },
    ])
      expect(cache.get(viewOf(other), LABEL)).toBeUndefined();
  });
});

/** How many others are taken for the flow of `parts`. */
function countFound(parts: PacketParts, change: (view: PacketView, value: number) => void): number {
  cache.set(viewOf(parts), LABEL, 5);
  const view = viewOf(parts);
  let found = 0;
  for (let value = 1; value < MANY; value++) {
    change(view, value);
    if (cache.get(view, LABEL) !== undefined) found++;
  }
  return found;
}

function viewOf(parts: PacketParts): PacketView {
  const view = new PacketView();
  const bytes = ipPacket(parts);
  expect(view.read(bytes, 0, bytes.length)).toBe(true);
  return view;
}
