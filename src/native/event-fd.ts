import type { Arena } from './arena.ts';
import { createArena } from './arena.ts';
import type { Fd } from './libc.ts';
import { lastError, libc } from './libc.ts';
import { readInto, writeFrom } from './packet-calls.ts';

/**
 * Wakes a thread that waits in `PollSet.wait`. Signals that come before it looks count as one. The descriptor is a
 * number that another thread may use: `EventFd.of`.
 */
export class EventFd {
  readonly fd: Fd;
  readonly #count: Arena = createArena(8);

  /** @throws NativeError */
  static open(): EventFd {
    const fd = libc.eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (fd < 0) throw lastError('eventfd');
    return new EventFd(fd);
  }

  /** One that another thread has opened, and closes. */
  static of(fd: Fd): EventFd {
    return new EventFd(fd);
  }

  private constructor(fd: Fd) {
    this.fd = fd;
  }

  signal(): void {
    this.#count.view.setUint32(0, 1, true);
    this.#count.view.setUint32(4, 0, true);
    writeFrom(this.fd, this.#count.address, 8);
  }

  /** Whether there was a signal since the last time. */
  clear(): boolean {
    return readInto(this.fd, this.#count.address, 8) === 8;
  }

  close(): void {
    libc.close(this.fd);
  }
}

const EFD_NONBLOCK = 0o4000;
const EFD_CLOEXEC = 0o2000000;
