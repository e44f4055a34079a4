import type { Instant } from '../base/time.ts';

/** The one timer of the event loop that `Timers` needs; tests pass their own. */
export interface Alarm {
  /** Calls back once after `delay` milliseconds, replacing what was set before. */
  set(delay: number, callback: () => void): void;
  clear(): void;
}

/**
 * Named timers on one alarm. They fire in the order of their times, equal times in the order in which they were set,
 * and one at a time: a timer that an earlier one clears does not fire.
 */
export class Timers {
  readonly #now: () => Instant;
  readonly #fire: (key: string) => void;
  readonly #alarm: Alarm;
  readonly #entries = new Map<string, Entry>();
  /** A binary heap by `precedes`; entries that were cleared or replaced stay in it until they come up. */
  #heap: Entry[] = [];
  #order = 0;
  #armedFor: Instant | undefined;

  constructor(options: { readonly now: () => Instant; readonly fire: (key: string) => void; readonly alarm?: Alarm }) {
    this.#now = options.now;
    this.#fire = options.fire;
    this.#alarm = options.alarm ?? new LoopAlarm();
  }

  /** How many are set. */
  get size(): number {
    return this.#entries.size;
  }

  /** Setting an existing key replaces it. A time in the past fires as soon as the loop is free. */
  set(key: string, at: Instant): void {
    const entry = { key, at, order: this.#order++ };
    const first = this.#heap[0];
    this.#entries.set(key, entry);
    this.#compact();
    push(this.#heap, entry);
    if (this.#heap[0] !== first || first?.key === key) this.#arm();
  }

  clear(key: string): void {
    // Of nearly all timers that are cleared it is not their turn yet: the alarm stays as it is.
    if (this.#entries.delete(key) && this.#heap[0]?.key === key) this.#arm();
  }

  clearAll(): void {
    this.#entries.clear();
    this.#heap = [];
    this.#arm();
  }

  #onAlarm(): void {
    this.#armedFor = undefined;
    const now = this.#now();
    // What is set from here on waits for the next alarm, so that timers that renew themselves cannot keep the loop.
    const newest = this.#order;
    try {
      for (let entry = this.#next(); entry !== undefined; entry = this.#next()) {
        if (entry.at > now || entry.order >= newest) break;
        pop(this.#heap);
        this.#entries.delete(entry.key);
        this.#fire(entry.key);
      }
    } finally {
      this.#arm();
    }
  }

  /** The next entry that still counts, at the top of the heap. */
  #next(): Entry | undefined {
    for (let top = this.#heap[0]; top !== undefined; top = this.#heap[0]) {
      if (this.#entries.get(top.key) === top) return top;
      pop(this.#heap);
    }
    return undefined;
  }

  #arm(): void {
    const next = this.#next()?.at;
    if (next === this.#armedFor) return;
    this.#armedFor = next;
    if (next === undefined) this.#alarm.clear();
    else this.#alarm.set(Math.max(0, Math.ceil(next - this.#now())), () => this.#onAlarm());
  }

  /** Keeps the heap within twice the live entries: timers that are replaced often would pile up in it. */
  #compact(): void {
    if (this.#heap.length <= 2 * this.#entries.size + 16) return;
    const live: Entry[] = [];
    for (const entry of this.#heap) if (this.#entries.get(entry.key) === entry) push(live, entry);
    this.#heap = live;
  }
}

type Entry = { readonly key: string; readonly at: Instant; readonly order: number };

/** setTimeout; longer than it can wait (2^31-1 ms, 24.8 days) is waited for in several steps. */
class LoopAlarm implements Alarm {
  #handle: NodeJS.Timeout | undefined;

  set(delay: number, callback: () => void): void {
    this.clear();
    this.#handle =
      delay > MAX_DELAY
        ? setTimeout(() => this.set(delay - MAX_DELAY, callback), MAX_DELAY)
        : setTimeout(callback, delay);
  }

  clear(): void {
    clearTimeout(this.#handle);
    this.#handle = undefined;
  }
}

const MAX_DELAY = 2 ** 31 - 1;

function precedes(a: Entry, b: Entry): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}

function push(heap: Entry[], entry: Entry): void {
  let index = heap.length;
  while (index > 0) {
    const parent = (index - 1) >> 1;
    const above = heap[parent];
    if (above === undefined || !precedes(entry, above)) break;
    heap[index] = above;
    index = parent;
  }
  heap[index] = entry;
}

/** Removes the first entry. */
function pop(heap: Entry[]): void {
  const last = heap.pop();
  if (last === undefined || heap.length === 0) return;
  let index = 0;
  for (;;) {
    const left = heap[2 * index + 1];
    const right = heap[2 * index + 2];
    const rightFirst = right !== undefined && left !== undefined && precedes(right, left);
    const child = rightFirst ? right : left;
    if (child === undefined || !precedes(child, last)) break;
    heap[index] = child;
    index = 2 * index + (rightFirst ? 2 : 1);
  }
  heap[index] = last;
}
