import type { EventType } from './event-types.ts';
import type { EventSource, EventSubscription } from './gateway-api.ts';
import type { ControlEvent } from './protocol.ts';

/** Only types of the table are published. */
type PublishedEvent = Omit<ControlEvent, 'id' | 'event'> & { readonly event: EventType };

/** One that is remembered; until somebody reads it, what makes it. */
type Entry = { readonly id: number; readonly tunnel: string | undefined; event: ControlEvent | (() => PublishedEvent) };

/** Remembers the last events of this run in a ring, numbers them, and passes them on to whoever listens. */
export class EventHistory implements EventSource {
  readonly #capacity: number;
  readonly #ring: Entry[] = [];
  readonly #listeners = new Set<(event: ControlEvent) => void>();
  #lastId = 0;

  /** `capacity`: how many events are remembered. */
  constructor(capacity = 4_096) {
    this.#capacity = capacity;
  }

  publish(event: PublishedEvent): ControlEvent {
    return read(this.#add(event.tunnel, () => event));
  }

  /** The same of an event that is made once somebody reads it; `make` has to yield the same whenever that is. */
  publishUnread(tunnel: string | undefined, make: () => PublishedEvent): void {
    this.#add(tunnel, make);
  }

  subscribe({ after, onEvent, onLost }: EventSubscription): () => void {
    if (after !== undefined) this.#replay(after, onEvent, onLost);
    // A set of its own closures, so that one listener given twice is two subscriptions.
    const listener = (event: ControlEvent): void => onEvent(event);
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** The last `count` events of a tunnel, oldest first. */
  recent(tunnel: string, count: number): ControlEvent[] {
    const found: ControlEvent[] = [];
    for (let id = this.#lastId; id >= this.#oldestId() && found.length < count; id--) {
      const entry = this.#ring[this.#slot(id)];
      if (entry?.tunnel === tunnel) found.push(read(entry));
    }
    return found.reverse();
  }

  #replay(after: number, onEvent: EventSubscription['onEvent'], onLost: EventSubscription['onLost']): void {
    // An id from the future comes from a client of an earlier run: everything of this run is new to it.
    const start = after > this.#lastId ? 1 : after + 1;
    const oldest = this.#oldestId();
    if (start < oldest) onLost?.(oldest - start);
    const last = this.#lastId;
    for (let id = Math.max(start, oldest); id <= last; id++) {
      const entry = this.#ring[this.#slot(id)];
      if (entry !== undefined) onEvent(read(entry));
    }
  }

  #add(tunnel: string | undefined, make: () => PublishedEvent): Entry {
    this.#lastId += 1;
    const entry: Entry = { id: this.#lastId, tunnel, event: make };
    this.#ring[this.#slot(entry.id)] = entry;
    for (const listener of this.#listeners) listener(read(entry));
    return entry;
  }

  #oldestId(): number {
    return Math.max(1, this.#lastId - this.#capacity + 1);
  }

  #slot(id: number): number {
    return (id - 1) % this.#capacity;
  }
}

function read(entry: Entry): ControlEvent {
  if (typeof entry.event === 'function') entry.event = { id: entry.id, ...entry.event() };
  return entry.event;
}
