import type { KeyExchangeKeyword } from '../crypto/algorithms.ts';
import { performKeyExchange } from '../crypto/key-exchange.ts';
import type { KeyExchangeJob, KeyExchangeResult } from '../crypto/key-exchange-job.ts';

/** A job and who waits for its result. */
export type Task = { readonly job: KeyExchangeJob; readonly answer: (result: KeyExchangeResult) => void };

/**
 * What takes less than to hand it to another thread and to be woken by its answer, about 0.15 ms of processor time in
 * all: Diffie-Hellman with these in OpenSSL.
 */
export function isQuick(method: KeyExchangeKeyword): boolean {
  return QUICK.has(method);
}

const QUICK: ReadonlySet<KeyExchangeKeyword> = new Set(['curve25519', 'ecp256', 'modp768', 'modp1024']);

/** Does jobs in the event loop itself: a few in each turn, so that datagrams and timers have theirs. */
export class LoopJobs {
  readonly #queue: Task[] = [];
  #turn: NodeJS.Immediate | undefined;

  get waiting(): number {
    return this.#queue.length;
  }

  /** The answer never comes before `run` returns; after `close` not at all. */
  run(task: Task): void {
    this.#queue.push(task);
    this.#turn ??= setImmediate(this.#take);
  }

  close(): void {
    this.#queue.length = 0;
    clearImmediate(this.#turn);
  }

  readonly #take = (): void => {
    for (let count = 0; count < JOBS_A_TURN; count++) {
      const task = this.#queue.shift();
      if (task === undefined) break;
      task.answer(performKeyExchange(task.job));
    }
    this.#turn = this.#queue.length > 0 ? setImmediate(this.#take) : undefined;
  };
}

const JOBS_A_TURN = 16;
