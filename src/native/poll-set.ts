import type { Arena } from './arena.ts';
import { createArena } from './arena.ts';
import { EINTR } from './errno.ts';
import type { Fd } from './libc.ts';
import { pollAt } from './packet-calls.ts';

/** Waits for any of a few descriptors, blocking the thread: for worker threads, which have no event loop to run. */
export class PollSet {
  readonly #entries: Arena;
  readonly #count: number;

  /** Each descriptor is watched for input; what `ready` says of it goes by its place in the list. */
  constructor(fds: readonly Fd[]) {
    this.#count = fds.length;
    this.#entries = createArena(Math.max(1, fds.length) * POLLFD_BYTES);
    for (const [index, fd] of fds.entries()) {
      this.#entries.view.setInt32(index * POLLFD_BYTES, fd, true);
      this.watch(index, POLLIN);
    }
  }

  /** What a descriptor is watched for: POLLIN, POLLOUT, both (by `|`), or 0 for errors alone. */
  watch(index: number, events: number): void {
    this.#entries.view.setInt16(index * POLLFD_BYTES + EVENTS, events, true);
  }

  /**
   * How many are ready; 0 after `timeout` milliseconds (-1: never), or where a signal handler ran. Below 0 is an error
   * that will not go away, as a negative error number.
   */
  wait(timeout: number): number {
    const ready = pollAt(this.#entries.address, this.#count, timeout);
    if (ready > 0) return ready;
    for (let index = 0; index < this.#count; index++)
      this.#entries.view.setInt16(index * POLLFD_BYTES + RETURNED, 0, true);
    return ready === -EINTR ? 0 : ready;
  }

  /** After `wait`: that what it is watched for is possible, or an error waits to be picked up by trying. */
  ready(index: number): boolean {
    return this.#entries.view.getInt16(index * POLLFD_BYTES + RETURNED, true) !== 0;
  }
}

export const POLLIN = 0x1;
export const POLLOUT = 0x4;

/** `struct pollfd`: int fd; short events, revents. */
const POLLFD_BYTES = 8;
const EVENTS = 4;
const RETURNED = 6;
