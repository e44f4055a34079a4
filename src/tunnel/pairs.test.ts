import { describe, expect, it } from 'vitest';
import { parsePrefix } from '../base/net.ts';
import type { ChildSaView } from '../ike/common/view.ts';
import { containsSelector, selectorFromPrefix } from '../sa/traffic-selector.ts';
import { carriedPairs, pairStatuses } from './pairs.ts';

function selectors(...prefixes: readonly string[]) {
  return prefixes.map((text) => {
    const prefix = parsePrefix(text);
    if (prefix === undefined) throw new Error(text);
    return selectorFromPrefix(prefix);
  });
}

function child(local: readonly string[], remote: readonly string[], state: ChildSaView['state'] = 'installed') {
  return {
    state,
    localSelectors: selectors(...local),
    remoteSelectors: selectors(...remote),
  } as unknown as ChildSaView;
}

function up(children: readonly ChildSaView[]): string[] {
  const policy = {
    local: { selectors: selectors('10.1.0.0/16', '10.3.0.0/16') },
    remote: { selectors: selectors('10.2.0.0/16', '10.4.0.0/16') },
  } as unknown as Parameters<typeof pairStatuses>[0];
  const pairs = pairStatuses(policy, children);
  expect(pairs).toHaveLength(4);
  return pairs.filter((pair) => pair.up).map(({ local, remote }) => `${local} ${remote}`);
}

describe('the pairs of segments of a tunnel', () => {
  it('are all down without a Child SA, and with one that is not in the data plane yet', () => {
    expect(up([])).toEqual([]);
    expect(up([child(['10.1.0.0/16'], ['10.2.0.0/16'], 'installing')])).toEqual([]);
  });

  it('are up one by one where each has a Child SA', () => {
    expect(up([child(['10.3.0.0/16'], ['10.2.0.0/16'], 'rekeying')])).toEqual(['10.3.0.0/16 10.2.0.0/16']);
  });

  it('are up together where one Child SA is for all', () => {
    const all = [child(['10.1.0.0/16', '10.3.0.0/16'], ['10.2.0.0/16', '10.4.0.0/16'])];
    expect(up(all)).toHaveLength(4);
  });

  it('are up where they lie within what was agreed, and not where only a part of them does', () => {
    expect(up([child(['10.0.0.0/8'], ['10.4.0.0/16'])])).toEqual([
      '10.1.0.0/16 10.4.0.0/16',
      '10.3.0.0/16 10.4.0.0/16',
    ]);
    expect(up([child(['10.1.1.0/24'], ['10.4.0.0/16'])])).toEqual([]);
  });

  it('are found with one comparison of each segment and selector, however many Child SAs there are', () => {
    const segments = (net: number) => Array.from({ length: 20 }, (_, n) => `10.${net}.${n}.0/24`);
    const policy = {
      local: { selectors: selectors(...segments(1)) },
      remote: { selectors: selectors(...segments(2)) },
    } as unknown as Parameters<typeof carriedPairs>[0];
    const children = segments(1).flatMap((ours) => segments(2).map((theirs) => child([ours], [theirs])));
    let comparisons = 0;
    const carries: Parameters<typeof carriedPairs>[2] = (selector, segment) => {
      comparisons++;
      return containsSelector(selector, segment);
    };
    expect(carriedPairs(policy, children, carries).size).toBe(400);
    expect(comparisons).toBe(2 * 20 * 20);
  });
});
