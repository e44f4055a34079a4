import { MessageChannel, Worker } from 'node:worker_threads';
import type { Duration } from '../base/time.ts';
import { SECOND } from '../base/time.ts';
import { EventFd } from '../native/event-fd.ts';
import type { Report } from './commands.ts';
import { ThreadLink } from './thread-link.ts';
import type { ThreadData } from './threads/thread-data.ts';

export type PacketThreadParts = Pick<ThreadData, 'role' | 'counters' | 'tun' | 'carriers'> & {
  readonly onReport: (report: Report) => void;
  /** It has ended by itself, and what it carried is carried no longer. */
  readonly onCrash: (error: Error) => void;
  /** What it runs; the compiled script of this project unless a test says otherwise. */
  readonly script?: URL;
  readonly startPatience?: Duration;
};

/** A worker thread that carries packets in one direction. It waits in system calls, not in an event loop. */
export class PacketThread {
  readonly link: ThreadLink;
  readonly #wake: EventFd;
  readonly #worker: Worker;
  #stopped = false;
  #crashed = false;
  #ended = false;

  /** Returns when it is at work. @throws Error where it does not come to that */
  static start(parts: PacketThreadParts): PacketThread {
    const { role, script = builtScript(), startPatience = START_PATIENCE } = parts;
    if (script === undefined) throw new Error('the userspace data plane runs from the build only: npm run build');
    const thread = new PacketThread(parts, script);
    const failure = thread.link.call({ kind: 'begin' }, startPatience);
    if (failure === undefined) return thread;
    thread.stop();
    throw new Error(`the ${role} thread did not start: ${failure.detail ?? failure.code}`);
  }

  private constructor(parts: PacketThreadParts, script: URL) {
    const { onReport, onCrash, script: _, startPatience: __, ...data } = parts;
    const { port1, port2 } = new MessageChannel();
    const applied = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT);
    this.#wake = EventFd.open();
    const workerData: ThreadData = { ...data, commands: port2, applied, wake: this.#wake.fd };
    this.#worker = new Worker(script, { workerData, transferList: [port2] });
    const worker = this.#worker;
    this.link = new ThreadLink({ port: port1, applied: new Int32Array(applied), wake: () => this.#wake.signal() });
    port1.unref();
    worker.unref();
    worker.on('message', (report: Report) => {
      if (!this.#stopped) onReport(report);
    });
    worker.on('error', (error: Error) => {
      this.#crashed = true;
      if (!this.#stopped) onCrash(error);
    });
    // A thread that waits in a system call keeps the process from ending, whatever ends it.
    process.on('exit', this.stop);
  }

  /** Whether it has ended, so that what it used may be closed: the number of a descriptor is soon another's. */
  get ended(): boolean {
    return this.#ended;
  }

  /** Ends the thread; SAs and keys go with it. One that is stuck ends as soon as it comes back. */
  readonly stop = (): void => {
    if (this.#stopped) return;
    this.#stopped = true;
    process.off('exit', this.stop);
    this.#ended = this.#crashed || this.link.call({ kind: 'stop' }) === undefined;
    if (this.#ended) this.#wake.close();
    else void this.#worker.terminate();
  };
}

const START_PATIENCE: Duration = 10 * SECOND;

/** The compiled script beside this file; from the TypeScript sources there is none. */
function builtScript(): URL | undefined {
  return import.meta.url.endsWith('.js') ? new URL('./threads/thread-main.js', import.meta.url) : undefined;
}
