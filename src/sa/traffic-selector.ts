import type { AddressFamily, IpAddress, Prefix } from '../base/net.ts';
import {
  addressBits,
  addressFamily,
  addressFromInteger,
  addressToInteger,
  addressValue,
  formatPrefix,
  parseAddress,
  parsePrefix,
  prefixRange,
} from '../base/net.ts';
import {
  ANY_PORT,
  formatUpperLayer,
  isAnyPort,
  isOpaque,
  OPAQUE,
  type Ports,
  parseUpperLayer,
  type UpperLayer,
} from './upper-layer.ts';

/** A traffic selector, RFC 7296 §3.13.1: an address range, of one family, with protocol and port range. */
export type TrafficSelector = UpperLayer & { readonly start: IpAddress; readonly end: IpAddress };

/** A packet that has asked for an SA: the flow it belongs to, as the data plane saw it. */
export type PacketSelectors = { readonly source: TrafficSelector; readonly destination: TrafficSelector };

/** What a TS payload can hold: its count is one octet, RFC 7296 §3.13. `narrow` yields no more. */
export const MAX_SELECTORS = 255;

/** Intersections that `narrow` looks at before it stops: the work that one message can cause. */
const MAX_INTERSECTIONS = 4096;

/** Any protocol, any port. */
export function selectorFromPrefix(prefix: Prefix): TrafficSelector {
  return selectorOf(prefixRange(prefix), ALL_TRAFFIC);
}

/**
 * What `formatSelector` writes, and what people write for it: `10.0.0.0/8`, `10.0.0.1-10.0.0.9`, an address alone, each
 * with a protocol and ports in brackets (`parseUpperLayer`). Undefined where malformed or where host bits are set.
 */
export function parseSelector(text: string): TrafficSelector | undefined {
  const [, addresses = '', brackets] = /^([^[\]]*)(?:\[([^[\]]*)\])?$/.exec(text) ?? [];
  const range = parseRange(addresses);
  const upper = brackets === undefined ? ALL_TRAFFIC : parseUpperLayer(brackets);
  return range === undefined || upper === undefined ? undefined : selectorOf(range, upper);
}

const ALL_TRAFFIC: UpperLayer = { protocol: 0, ...ANY_PORT };

/** Key by key: V8 gives an object that is spread together a shape of its own, which takes more memory than the object. */
function selectorOf(
  { start, end }: Pick<TrafficSelector, 'start' | 'end'>,
  { protocol, startPort, endPort }: UpperLayer,
): TrafficSelector {
  return { protocol, startPort, endPort, start, end };
}

/** All traffic of one host. */
export function hostSelector(address: IpAddress): TrafficSelector {
  return selectorFromPrefix({ address, length: addressFamily(address) === 4 ? 32 : 128 });
}

/**
 * The least set of prefixes that is exactly the selector's address range, ascending; at most 62 for IPv4 and 254
 * for IPv6. Empty where `start` lies behind `end`.
 */
export function selectorToPrefixes(selector: TrafficSelector): Prefix[] {
  const { family, start, end } = toRange(selector);
  if (typeof start === 'number' && typeof end === 'number') return ipv4Prefixes(start, end);
  const bits = addressBits(family);
  const prefixes: Prefix[] = [];
  const last = BigInt(end);
  for (let next = BigInt(start); next <= last; ) {
    let hostBits = 0;
    while (hostBits < bits && blockFits(next, hostBits + 1, last)) hostBits++;
    prefixes.push({ address: addressFromInteger(next, family), length: bits - hostBits });
    next += 1n << BigInt(hostBits);
  }
  return prefixes;
}

function ipv4Prefixes(start: number, end: number): Prefix[] {
  const prefixes: Prefix[] = [];
  for (let next = start; next <= end; ) {
    let size = 1;
    let length = 32;
    while (length > 0 && next % (2 * size) === 0 && next + 2 * size - 1 <= end) {
      size *= 2;
      length--;
    }
    prefixes.push({ address: addressFromInteger(next, 4), length });
    next += size;
  }
  return prefixes;
}

/** `10.0.0.0/8`, `10.0.0.1-10.0.0.9`; with `[tcp/80]`, `[udp/500-600]`, `[47]` where not everything is meant. */
export function formatSelector(selector: TrafficSelector): string {
  const [prefix, ...more] = selectorToPrefixes(selector);
  const single = prefix !== undefined && more.length === 0;
  return `${single ? formatPrefix(prefix) : `${selector.start}-${selector.end}`}${formatUpperLayer(selector)}`;
}

/**
 * RFC 7296 §2.9: what both sides allow. Every intersection of one of ours with one of theirs, in the order of theirs
 * (the peer's first may stand for the packet that started it all), without those that lie within another. Empty
 * where nothing is common. At most `MAX_SELECTORS`.
 */
export function narrow(ours: readonly TrafficSelector[], theirs: readonly TrafficSelector[]): TrafficSelector[] {
  let kept: Range[] = [];
  let looked = 0;
  const ourRanges = ours.map(toRange);
  for (const their of theirs) {
    const theirRange = toRange(their);
    for (const our of ourRanges) {
      const common = intersect(our, theirRange);
      if (common === undefined) continue;
      kept = withRange(kept, common);
      if (kept.length === MAX_SELECTORS || ++looked === MAX_INTERSECTIONS) return kept.map(fromRange);
    }
  }
  return kept.map(fromRange);
}

/** With another one, and without those that lie within it; as they are where it lies within one of them. */
function withRange(ranges: Range[], another: Range): Range[] {
  if (ranges.some((range) => rangeContains(range, another))) return ranges;
  return [...ranges.filter((range) => !rangeContains(another, range)), another];
}

/** One end's narrowed selectors, and which the initiator has named first. */
export type Choice = { readonly selectors: readonly TrafficSelector[]; readonly first: TrafficSelector | undefined };

/**
 * RFC 7296 §2.9: where not everything can be had, a part that includes what the initiator has named first. `max` bounds
 * the pairs, each of which becomes a policy.
 */
export function fitPairs(local: Choice, remote: Choice, max: number): readonly [TrafficSelector[], TrafficSelector[]] {
  let here = local.selectors.length;
  let there = remote.selectors.length;
  while (here * there > max) {
    if (here >= there) here--;
    else there--;
  }
  return [inOrder(local).slice(0, here), inOrder(remote).slice(0, there)];
}

function inOrder({ selectors, first }: Choice): readonly TrafficSelector[] {
  if (selectors.length < 2) return selectors;
  const isFirst = (selector: TrafficSelector) => first !== undefined && narrow([selector], [first]).length > 0;
  return [...selectors.filter(isFirst), ...selectors.filter((selector) => !isFirst(selector))];
}

/** Whether both are the same in every field. */
export function sameSelector(a: TrafficSelector, b: TrafficSelector): boolean {
  return (
    a.start === b.start &&
    a.end === b.end &&
    a.protocol === b.protocol &&
    a.startPort === b.startPort &&
    a.endPort === b.endPort
  );
}

/** Whether both lists hold the same selectors, in whatever order. */
export function sameSelectors(a: readonly TrafficSelector[], b: readonly TrafficSelector[]): boolean {
  const [first, second] = [a[0], b[0]];
  // A tunnel may have hundreds of Child SAs with one each, which are searched for one that is alike.
  if (a.length === 1 && b.length === 1 && first !== undefined && second !== undefined)
    return sameSelector(first, second);
  const left = new Set(a.map(selectorKey));
  const right = new Set(b.map(selectorKey));
  return left.size === right.size && [...left].every((key) => right.has(key));
}

/** Whether every packet of `inner` is one of `outer`. */
export function containsSelector(outer: TrafficSelector, inner: TrafficSelector): boolean {
  return rangeContains(toRange(outer), toRange(inner));
}

/** Whether the address is in its range, whatever the protocol. */
export function containsAddress(selector: TrafficSelector, address: IpAddress): boolean {
  if (addressFamily(selector.start) !== addressFamily(address)) return false;
  const value = addressValue(address);
  return addressValue(selector.start) <= value && value <= addressValue(selector.end);
}

/** Equal for equal selectors, and for nothing else. */
export function selectorKey(selector: TrafficSelector): string {
  return `${selector.start}-${selector.end}/${selector.protocol}/${selector.startPort}-${selector.endPort}`;
}

function parseRange(text: string): Pick<TrafficSelector, 'start' | 'end'> | undefined {
  const [first = '', last, ...more] = text.split('-');
  if (last === undefined) {
    const prefix = parsePrefix(first);
    return prefix === undefined ? undefined : prefixRange(prefix);
  }
  const [start, end] = [parseAddress(first), parseAddress(last)];
  if (start === undefined || end === undefined || more.length > 0) return undefined;
  const ascends = addressFamily(start) === addressFamily(end) && addressToInteger(start) <= addressToInteger(end);
  return ascends ? { start, end } : undefined;
}

/** A selector with its addresses as integers, for arithmetic: in IPv4 as numbers. */
type Range = UpperLayer & {
  readonly family: AddressFamily;
  readonly start: number | bigint;
  readonly end: number | bigint;
};

function toRange(selector: TrafficSelector): Range {
  return {
    family: addressFamily(selector.start),
    start: addressValue(selector.start),
    end: addressValue(selector.end),
    protocol: selector.protocol,
    startPort: selector.startPort,
    endPort: selector.endPort,
  };
}

function fromRange(range: Range): TrafficSelector {
  return {
    protocol: range.protocol,
    startPort: range.startPort,
    endPort: range.endPort,
    start: addressFromInteger(range.start, range.family),
    end: addressFromInteger(range.end, range.family),
  };
}

function intersect(a: Range, b: Range): Range | undefined {
  if (a.family !== b.family) return undefined;
  if (a.protocol !== 0 && b.protocol !== 0 && a.protocol !== b.protocol) return undefined;
  const [, start] = ordered(a.start, b.start);
  const [end] = ordered(a.end, b.end);
  const ports = intersectPorts(a, b);
  if (start > end || ports === undefined) return undefined;
  return { family: a.family, start, end, protocol: a.protocol === 0 ? b.protocol : a.protocol, ...ports };
}

/** Math.min and Math.max know no bigint. */
function ordered(a: number | bigint, b: number | bigint): readonly [number | bigint, number | bigint] {
  return a < b ? [a, b] : [b, a];
}

/** RFC 4301 §4.4.1.1: ANY takes in OPAQUE, a port range does not. */
function intersectPorts(a: Ports, b: Ports): Ports | undefined {
  if (isOpaque(a) || isOpaque(b))
    return (isOpaque(a) || isAnyPort(a)) && (isOpaque(b) || isAnyPort(b)) ? OPAQUE : undefined;
  const startPort = Math.max(a.startPort, b.startPort);
  const endPort = Math.min(a.endPort, b.endPort);
  return startPort <= endPort ? { startPort, endPort } : undefined;
}

function rangeContains(outer: Range, inner: Range): boolean {
  return (
    outer.family === inner.family &&
    outer.start <= inner.start &&
    inner.end <= outer.end &&
    (outer.protocol === 0 || outer.protocol === inner.protocol) &&
    portsContain(outer, inner)
  );
}

function portsContain(outer: Ports, inner: Ports): boolean {
  if (isAnyPort(outer)) return true;
  if (isOpaque(outer) || isOpaque(inner)) return isOpaque(outer) && isOpaque(inner);
  return outer.startPort <= inner.startPort && inner.endPort <= outer.endPort;
}

/** Whether an aligned block of 2^hostBits addresses starts at `start` and ends by `end`. */
function blockFits(start: bigint, hostBits: number, end: bigint): boolean {
  const size = 1n << BigInt(hostBits);
  return start % size === 0n && start + size - 1n <= end;
}
