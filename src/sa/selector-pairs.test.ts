import { describe, expect, it } from 'vitest';
import { selectorPairs } from './selector-pairs.ts';
import { formatSelector, parseSelector } from './traffic-selector.ts';

const list = (texts: readonly string[]) => texts.flatMap((text) => parseSelector(text) ?? []);

describe('the pairs of two lists of selectors', () => {
  it.each([
    [['10.1.0.0/16', '10.2.0.0/16'], ['10.3.0.0/16'], ['10.1.0.0/16 10.3.0.0/16', '10.2.0.0/16 10.3.0.0/16']],
    [['10.1.0.0/16', '2001:db8::/48'], ['10.3.0.0/16'], ['10.1.0.0/16 10.3.0.0/16']],
    [
      ['10.1.0.0/16[tcp/22]', '10.1.0.0/16[icmp]'],
      ['10.3.0.0/16[tcp]', '10.3.0.0/16[icmp]'],
      ['10.1.0.0/16[tcp/22] 10.3.0.0/16[tcp]', '10.1.0.0/16[icmp] 10.3.0.0/16[icmp]'],
    ],
    [['10.1.0.0/16[gre]'], ['10.3.0.0/16'], ['10.1.0.0/16[gre] 10.3.0.0/16']],
    [['10.1.0.0/16[gre]'], ['10.3.0.0/16[udp]'], []],
  ])('%j and %j', (local, remote, pairs) => {
    expect(
      selectorPairs(list(local), list(remote)).map((pair) => [pair.local, pair.remote].map(formatSelector).join(' ')),
    ).toEqual(pairs);
  });
});
