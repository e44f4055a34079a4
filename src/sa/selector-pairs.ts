import { addressFamily } from '../base/net.ts';
import type { TrafficSelector } from './traffic-selector.ts';

/** What goes between a local and a remote selector. */
export type SelectorPair = { readonly local: TrafficSelector; readonly remote: TrafficSelector };

/** Every local with every remote selector that a packet can have both of, in the order of the lists. */
export function selectorPairs(local: readonly TrafficSelector[], remote: readonly TrafficSelector[]): SelectorPair[] {
  return local.flatMap((ours) =>
    remote.flatMap((theirs) => (canMeet(ours, theirs) ? { local: ours, remote: theirs } : [])),
  );
}

/** A packet has one address family and one protocol, the same for both of its ends. */
export function canMeet(a: TrafficSelector, b: TrafficSelector): boolean {
  return addressFamily(a.start) === addressFamily(b.start) && protocolsMeet(a.protocol, b.protocol);
}

function protocolsMeet(a: number, b: number): boolean {
  return a === b || a === 0 || b === 0;
}
