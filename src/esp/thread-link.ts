import type { MessagePort } from 'node:worker_threads';
import { receiveMessageOnPort } from 'node:worker_threads';
import type { Duration } from '../base/time.ts';
import { SECOND } from '../base/time.ts';
import type { Command, CommandFailure, NumberedFailure } from './commands.ts';

export type LinkParts = {
  /** To the thread: commands one way, their failures the other. */
  readonly port: Pick<MessagePort, 'postMessage'>;
  /** One 32-bit number: how many commands the thread has applied. */
  readonly applied: Int32Array;
  /** Gets the thread out of its wait. */
  readonly wake: () => void;
  readonly receive?: () => unknown;
  readonly patience?: Duration;
};

/**
 * The control side's end of a thread. Commands are applied in order; `call` waits until the thread has come that far,
 * which takes it some ten microseconds, so that what the core is told to be installed is.
 */
export class ThreadLink {
  readonly #parts: LinkParts;
  readonly #receive: () => unknown;
  #sent = 0;
  /** Up to which command failures were told, or given up on. */
  #told = 0;
  /** How far the thread had come when it was last given up on. */
  #stuckAt: number | undefined;

  constructor(parts: LinkParts) {
    this.#parts = parts;
    this.#receive = parts.receive ?? (() => receiveMessageOnPort(parts.port as MessagePort)?.message);
  }

  /** Sends without waiting. A command that may fail is for `call`. */
  post(command: Command): void {
    this.#sent = (this.#sent + 1) | 0;
    this.#parts.port.postMessage(command);
  }

  /** Undefined where it was done. */
  call(command: Command, patience?: Duration): CommandFailure | undefined {
    this.post(command);
    return this.sync(patience);
  }

  /**
   * Waits until everything sent is applied; the failure of the last command that had one. One that is stuck is not
   * waited for again before it goes on.
   */
  sync(patience = this.#parts.patience ?? PATIENCE): CommandFailure | undefined {
    const isApplied = this.#wait(patience);
    const failure = isApplied ? this.#failure() : STUCK;
    this.#told = this.#sent;
    return failure;
  }

  #wait(patience: Duration): boolean {
    const { applied, wake } = this.#parts;
    const before = Atomics.load(applied, 0);
    if (before === this.#sent) return true;
    const deadline = before === this.#stuckAt ? 0 : performance.now() + patience;
    wake();
    for (;;) {
      const done = Atomics.load(applied, 0);
      if (done === this.#sent) return true;
      const left = deadline - performance.now();
      if (left <= 0 || Atomics.wait(applied, 0, done, left) === 'timed-out') {
        this.#stuckAt = done;
        return false;
      }
    }
  }

  #failure(): CommandFailure | undefined {
    let failure: CommandFailure | undefined;
    for (;;) {
      const message = this.#receive() as NumberedFailure | undefined;
      if (message === undefined) return failure;
      const { command, ...told } = message;
      if (((command - this.#told) | 0) > 0) failure = told;
    }
  }
}

/** Far more than a thread needs on a busy machine; one that is stuck must not take the daemon with it. */
const PATIENCE = 2 * SECOND;
const STUCK: CommandFailure = { code: 'ETIMEDOUT', detail: 'the thread that carries the packets does not answer' };
