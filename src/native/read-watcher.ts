import koffi, { type node } from 'koffi';
import type { Fd } from './libc.ts';

/**
 * Calls back in the event loop whenever `fd` can be read. The callback reads without blocking, and need not read
 * everything: the watch is level-triggered, so what is left makes another call, after other work had its turn.
 */
export class ReadWatcher {
  // A handle that nobody refers to is collected, and its events stop without a word.
  readonly #handle: node.PollHandle;
  readonly #onReadable: () => void;
  #closed = false;

  constructor(fd: Fd, onReadable: () => void) {
    this.#onReadable = onReadable;
    this.#handle = koffi.node.poll(fd, { readable: true }, this.#callback);
  }

  /** To be called before the descriptor itself is closed. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#handle.close();
  }

  /** Koffi's declaration misses the first argument: libuv's status, negative after an error. */
  readonly #callback = ((status: number): void => {
    try {
      this.#onReadable();
    } finally {
      // On POLLERR (a netlink overrun, an ICMP error) libuv calls once and stops watching for good; reading has taken
      // the error off the socket, so the watch can begin anew.
      if (status < 0 && !this.#closed) this.#handle.start({ readable: true }, this.#callback);
    }
  }) as unknown as (events: node.PollEvents) => void;
}
