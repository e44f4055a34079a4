import { addressBits, addressFamily, addressToInteger } from '../base/net.ts';
import type { TrafficSelector } from './traffic-selector.ts';

/**
 * Who has which segments, of whom there may be thousands: whoever may have a part of others is found by the leading bits
 * of the addresses. A segment is kept under the longest of some lengths of prefix that holds all of it, and under all
 * shorter ones as one of those below.
 */
export class SegmentIndex<Holder> {
  readonly #at = new Map<string, Set<Holder>>();
  readonly #below = new Map<string, Set<Holder>>();
  /** Where each is kept: what a holder has may become less meanwhile. */
  readonly #kept = new Map<Holder, readonly Kept[]>();

  add(holder: Holder, segments: readonly TrafficSelector[]): void {
    const kept = segments.map(keysOf);
    this.#kept.set(holder, kept);
    for (const { at, above } of kept) {
      put(this.#at, at, holder);
      for (const key of above) put(this.#below, key, holder);
    }
  }

  remove(holder: Holder): void {
    for (const { at, above } of this.#kept.get(holder) ?? []) {
      take(this.#at, at, holder);
      for (const key of above) take(this.#below, key, holder);
    }
    this.#kept.delete(holder);
  }

  /** All that may have a part of these, and few others. */
  near(segments: readonly TrafficSelector[]): ReadonlySet<Holder> {
    const found = new Set<Holder>();
    for (const { at, above } of segments.map(keysOf)) {
      for (const key of [at, ...above]) for (const holder of this.#at.get(key) ?? []) found.add(holder);
      for (const holder of this.#below.get(at) ?? []) found.add(holder);
    }
    return found;
  }
}

type Kept = { readonly at: string; readonly above: readonly string[] };

/** The lengths of prefixes, the longest first; those between them would cost more than they save. */
const LENGTHS: Readonly<Record<4 | 6, readonly number[]>> = { 4: [32, 24, 16, 8, 0], 6: [128, 64, 56, 48, 32, 16, 0] };

function keysOf({ start, end }: TrafficSelector): Kept {
  const family = addressFamily(start);
  const [first, last] = [addressToInteger(start), addressToInteger(end)];
  const keys: string[] = [];
  for (const length of LENGTHS[family]) {
    const shift = BigInt(addressBits(family) - length);
    if (keys.length > 0 || first >> shift === last >> shift) keys.push(`${family} ${length} ${first >> shift}`);
  }
  const [at = '', ...above] = keys;
  return { at, above };
}

function put<Holder>(sets: Map<string, Set<Holder>>, key: string, holder: Holder): void {
  const set = sets.get(key);
  if (set === undefined) sets.set(key, new Set([holder]));
  else set.add(holder);
}

function take<Holder>(sets: Map<string, Set<Holder>>, key: string, holder: Holder): void {
  const set = sets.get(key);
  if (set?.delete(holder) === true && set.size === 0) sets.delete(key);
}
