import type { TunnelPolicy } from '../ike/common/policy.ts';
import type { ChildSaView } from '../ike/common/view.ts';
import { canMeet } from '../sa/selector-pairs.ts';
import { containsSelector, formatSelector, selectorKey, type TrafficSelector } from '../sa/traffic-selector.ts';

/** A configured pair of segments, as prefixes, and whether a Child SA carries it now. */
export type PairStatus = { readonly local: string; readonly remote: string; readonly up: boolean };

type Segments = Pick<TunnelPolicy, 'local' | 'remote' | 'template'>;

/**
 * Every configured pair of segments, in the order of the configuration, by the Child SAs that are installed. Of the
 * segments of a tunnel for many peers each peer has its part: for one of them the pairs are those that it has.
 */
export function pairStatuses(segments: Segments, children: readonly ChildSaView[]): PairStatus[] {
  if (segments.template !== undefined) return pairsOf(children);
  // A peer that widens nothing may still have segments of ours within one selector.
  const carried = carriedPairs(
    segments,
    children.filter(({ state }) => state !== 'installing'),
    containsSelector,
  );
  const { local, remote } = segments;
  const remotes = remote.selectors.map(formatSelector);
  return local.selectors.flatMap((ours, row) => {
    const text = formatSelector(ours);
    return remote.selectors.flatMap((theirs, column) => {
      const up = carried.has(row * remotes.length + column);
      return canMeet(ours, theirs) ? { local: text, remote: remotes[column] ?? '', up } : [];
    });
  });
}

function pairsOf(children: readonly ChildSaView[]): PairStatus[] {
  const pairs = new Map<string, PairStatus>();
  for (const { state, localSelectors, remoteSelectors } of children)
    for (const local of state === 'installing' ? [] : localSelectors.map(formatSelector))
      for (const remote of remoteSelectors.map(formatSelector))
        pairs.set(`${local} ${remote}`, { local, remote, up: true });
  return [...pairs.values()];
}

/**
 * The configured pairs that Child SAs carry, numbered in the order of the configuration. Hundreds of Child SAs have few
 * selectors that differ, so that only these are compared with the segments, once each.
 */
export function carriedPairs(
  { local, remote }: Segments,
  children: readonly ChildSaView[],
  carries: (selector: TrafficSelector, segment: TrafficSelector) => boolean,
): ReadonlySet<number> {
  const rowsOf = segmentsIn(local.selectors, carries);
  const columnsOf = segmentsIn(remote.selectors, carries);
  const carried = new Set<number>();
  for (const { localSelectors, remoteSelectors } of children) {
    const columns = columnsOf(remoteSelectors);
    for (const row of rowsOf(localSelectors))
      for (const column of columns)
        if (isPair(local.selectors[row], remote.selectors[column])) carried.add(row * remote.selectors.length + column);
  }
  return carried;
}

function isPair(ours: TrafficSelector | undefined, theirs: TrafficSelector | undefined): boolean {
  return ours !== undefined && theirs !== undefined && canMeet(ours, theirs);
}

/** Which segments, by their place, lie within any of some selectors. */
function segmentsIn(
  segments: readonly TrafficSelector[],
  carries: (selector: TrafficSelector, segment: TrafficSelector) => boolean,
): (selectors: readonly TrafficSelector[]) => ReadonlySet<number> {
  const known = new Map<string, readonly number[]>();
  const within = (selector: TrafficSelector) => {
    const key = selectorKey(selector);
    const found = known.get(key) ?? segments.flatMap((segment, place) => (carries(selector, segment) ? place : []));
    known.set(key, found);
    return found;
  };
  return (selectors) => new Set(selectors.flatMap(within));
}
