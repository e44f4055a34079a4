import { addressFamily, addressToInteger } from '../base/net.ts';
import { containsSelector, sameSelector, selectorKey, type TrafficSelector } from '../sa/traffic-selector.ts';

/** One that is in a list of segments already, or lies within another one of it. */
export type Redundant = { readonly index: number; readonly within: TrafficSelector | 'twice' };

/**
 * The segments of a list that add nothing to it, in its order. Lists of thousands come over vici as well: those that have
 * been there are found by their keys, those within others by a walk along their addresses, which ends where it would take
 * too long. Not to be told of these harms nobody.
 */
export function redundantSegments(segments: readonly TrafficSelector[]): Redundant[] {
  const seen = new Set<string>();
  const found: Redundant[] = [];
  for (const [index, segment] of segments.entries()) {
    const key = selectorKey(segment);
    if (seen.has(key)) found.push({ index, within: 'twice' });
    seen.add(key);
  }
  const twice = new Set(found.map(({ index }) => index));
  const inner = segmentsWithin(segments).filter(({ index }) => !twice.has(index));
  return [...found, ...inner].sort((a, b) => a.index - b.index);
}

type Placed = {
  readonly index: number;
  readonly segment: TrafficSelector;
  readonly start: bigint;
  readonly end: bigint;
};

function segmentsWithin(segments: readonly TrafficSelector[]): Redundant[] {
  const found: Redundant[] = [];
  /** Those that begin no later, and have not ended yet. */
  let open: Placed[] = [];
  let comparisons = 0;
  for (const inner of alongAddresses(segments)) {
    open = open.filter(({ end }) => end >= inner.start);
    comparisons += open.length;
    if (comparisons > MAX_COMPARISONS) return found;
    const outer = open.find(
      ({ segment }) => !sameSelector(segment, inner.segment) && containsSelector(segment, inner.segment),
    );
    if (outer === undefined) open.push(inner);
    else found.push({ index: inner.index, within: outer.segment });
  }
  return found;
}

/** Tenths of a second at most. */
const MAX_COMPARISONS = 50_000;

/** So that what takes in another one comes before it: from the first address on, the wider before the narrower. */
function alongAddresses(segments: readonly TrafficSelector[]): Placed[] {
  const placed = segments.map((segment, index) => ({
    index,
    segment,
    start: placeOf(segment, segment.start),
    end: placeOf(segment, segment.end),
  }));
  return placed.sort(
    (a, b) =>
      compare(a.start, b.start) ||
      compare(b.end, a.end) ||
      a.segment.protocol - b.segment.protocol ||
      ports(b) - ports(a),
  );
}

/** The addresses of IPv6 behind those of IPv4. */
function placeOf({ start }: TrafficSelector, address: string): bigint {
  return addressToInteger(address) + (addressFamily(start) === 6 ? 1n << 32n : 0n);
}

function compare(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function ports({ segment: { startPort, endPort } }: Placed): number {
  return endPort - startPort;
}
