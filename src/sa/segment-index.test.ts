import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addressFromInteger } from '../base/net.ts';
import { SegmentIndex } from './segment-index.ts';
import { narrow, type TrafficSelector } from './traffic-selector.ts';

function selector(start: string, end: string): TrafficSelector {
  return { protocol: 0, startPort: 0, endPort: 65_535, start, end };
}

const segment4 = fc
  .tuple(fc.nat(3), fc.nat(2), fc.nat(2), fc.nat(300), fc.constantFrom(0, 1, 255, 300, 65_535))
  .map(([a, b, c, d, more]) => {
    const first = BigInt((10 + a) * 2 ** 24 + b * 2 ** 16 + c * 2 ** 8 + d);
    return selector(addressFromInteger(first, 4), addressFromInteger(first + BigInt(more), 4));
  });
const segment6 = fc.tuple(fc.nat(2), fc.nat(70_000)).map(([a, more]) => {
  const first = 0x2001_0db8_0000_0000_0000_0000_0000_0000n + (BigInt(a) << 60n);
  return selector(addressFromInteger(first, 6), addressFromInteger(first + (BigInt(more) << 50n), 6));
});
const segments = fc.array(fc.oneof(segment4, segment6), { minLength: 1, maxLength: 3 });

describe('an index of segments', () => {
  it('finds everybody who has a part of others', () => {
    fc.assert(
      fc.property(fc.array(segments, { maxLength: 20 }), fc.nat(5), segments, (all, gone, wanted) => {
        const index = new SegmentIndex<number>();
        const present = new Map(all.entries());
        for (const [holder, one] of present) index.add(holder, one);
        for (let holder = 0; holder < gone; holder++) {
          index.remove(holder);
          present.delete(holder);
        }
        const near = [...index.near(wanted)];
        const having = [...present].filter(([, one]) => narrow(one, wanted).length > 0);
        expect(near).toEqual(expect.arrayContaining(having.map(([holder]) => holder)));
        expect([...present.keys()]).toEqual(expect.arrayContaining(near));
      }),
    );
  });

  it('finds few others', () => {
    const index = new SegmentIndex<number>();
    for (let host = 0; host < 200; host++) index.add(host, [selector(`10.1.${host}.1`, `10.1.${host}.9`)]);
    expect([...index.near([selector('10.1.7.0', '10.1.7.255')])]).toEqual([7]);
    expect([...index.near([selector('10.1.7.2', '10.1.7.2')])]).toEqual([7]);
    expect(index.near([selector('10.2.0.0', '10.2.255.255')]).size).toBe(0);
  });
});
