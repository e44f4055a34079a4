import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { containsSelector, parseSelector, sameSelector, type TrafficSelector } from '../sa/traffic-selector.ts';
import { redundantSegments } from './redundant-segments.ts';

describe('segments that add nothing to their list', () => {
  it('are those that are there twice, and those within others, in the order of the list', () => {
    const list = ['10.1.0.0/16[tcp/80]', '10.1.0.0/16', '10.2.0.0/16', '10.1.0.0/16', '10.0.0.0/8', '2001:db8::/64'];
    const within = (index: number) => redundantSegments(list.map(segment)).find((one) => one.index === index)?.within;
    expect(redundantSegments(list.map(segment)).map(({ index }) => index)).toEqual([0, 1, 2, 3]);
    expect(within(2)).toEqual(segment('10.0.0.0/8'));
    expect(within(3)).toBe('twice');
  });

  it('are the same as by a look at each pair', () => {
    const address = fc.integer({ min: 0, max: 20 });
    const protocol = fc.constantFrom('', '[tcp]', '[tcp/80]', '[tcp/80-90]', '[udp]');
    const one = fc.tuple(address, address, protocol).map(([a, b, more]) => {
      const [low, high] = [Math.min(a, b), Math.max(a, b)];
      return segment(`10.0.0.${low}-10.0.0.${high}${more}`);
    });
    fc.assert(
      fc.property(fc.array(one, { maxLength: 12 }), (list) => {
        const expected = [...list.keys()].filter((index) => isRedundant(list, index));
        expect(redundantSegments(list).map(({ index }) => index)).toEqual(expected);
      }),
    );
  });

  it('are found in lists of thousands, for which a look at each pair would take minutes', () => {
    const apart = Array.from({ length: 20_000 }, (_, i) => segment(`10.${i >> 8}.${i & 255}.0/24`));
    const staircase = Array.from({ length: 5_000 }, (_, i) =>
      segment(`10.0.${i >> 8}.${i & 255}-10.9.${i >> 8}.${i & 255}`),
    );
    expect(redundantSegments(apart)).toEqual([]);
    expect(redundantSegments(staircase)).toEqual([]);
  });
});

function isRedundant(list: readonly TrafficSelector[], index: number): boolean {
  const one = list[index] as TrafficSelector;
  const twice = list.slice(0, index).some((other) => sameSelector(other, one));
  return twice || list.some((other) => containsSelector(other, one) && !sameSelector(other, one));
}

function segment(text: string): TrafficSelector {
  const selector = parseSelector(text);
  if (selector === undefined) throw new RangeError(text);
  return selector;
}
