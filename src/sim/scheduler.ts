import { InvariantError } from '../base/errors.ts';
import type { Duration, Instant } from '../base/time.ts';

export type ScheduledEvent = { readonly at: Instant; cancelled: boolean; readonly run: () => void };

type Entry = { readonly order: number; readonly event: ScheduledEvent };

/** More than this at once means that something breeds events. */
const MAX_EVENTS = 200_000;

/** The virtual clock and its queue. Time moves only by `step`; ties run in the order in which they were scheduled. */
export class Scheduler {
  #now: Instant = 0;
  #order = 0;
  #live = 0;
  readonly #heap: Entry[] = [];

  get now(): Instant {
    return this.#now;
  }

  /** Events that are still to come. */
  get size(): number {
    return this.#live;
  }

  /** When the next event is due. */
  get nextAt(): Instant | undefined {
    this.#discardCancelled();
    return this.#heap[0]?.event.at;
  }

  /** Runs `run` at `at`, or now where that has passed. */
  at(at: Instant, run: () => void): ScheduledEvent {
    const event = { at: Math.max(at, this.#now), cancelled: false, run };
    this.#push({ order: this.#order++, event });
    this.#live++;
    if (this.#live > MAX_EVENTS) throw new InvariantError(`the simulation has ${MAX_EVENTS} events pending`);
    return event;
  }

  after(delay: Duration, run: () => void): ScheduledEvent {
    return this.at(this.#now + delay, run);
  }

  cancel(event: ScheduledEvent): void {
    if (event.cancelled) return;
    event.cancelled = true;
    this.#live--;
  }

  /** Moves the clock to the next event and runs it; false where there is none. */
  step(): boolean {
    this.#discardCancelled();
    const next = this.#pop();
    if (next === undefined) return false;
    // An event that has run counts as cancelled: cancelling it later changes nothing.
    next.event.cancelled = true;
    this.#live--;
    this.#now = next.event.at;
    next.event.run();
    return true;
  }

  /** Lets time pass up to `at`, which no pending event precedes. */
  advanceTo(at: Instant): void {
    const next = this.nextAt;
    if (next !== undefined && next < at) throw new InvariantError('an event was skipped');
    this.#now = Math.max(this.#now, at);
  }

  #discardCancelled(): void {
    while (this.#heap[0]?.event.cancelled === true) this.#pop();
  }

  #push(entry: Entry): void {
    const heap = this.#heap;
    let index = heap.length;
    heap.push(entry);
    while (index > 0) {
      const parentIndex = (index - 1) >> 1;
      const parent = heap[parentIndex];
      if (parent === undefined || !precedes(entry, parent)) break;
      heap[index] = parent;
      index = parentIndex;
    }
    heap[index] = entry;
  }

  #pop(): Entry | undefined {
    const heap = this.#heap;
    const top = heap[0];
    const last = heap.pop();
    if (top === undefined || last === undefined || heap.length === 0) return top;
    let index = 0;
    for (;;) {
      const childIndex = this.#lesserChild(index);
      const child = heap[childIndex];
      if (child === undefined || !precedes(child, last)) break;
      heap[index] = child;
      index = childIndex;
    }
    heap[index] = last;
    return top;
  }

  #lesserChild(index: number): number {
    const left = this.#heap[index * 2 + 1];
    const right = this.#heap[index * 2 + 2];
    return left !== undefined && right !== undefined && precedes(right, left) ? index * 2 + 2 : index * 2 + 1;
  }
}

function precedes(a: Entry, b: Entry): boolean {
  return a.event.at < b.event.at || (a.event.at === b.event.at && a.order < b.order);
}
