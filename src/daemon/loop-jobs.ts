import type { KeyExchangeKeyword } from '../crypto/algorithms.ts';
import { performKeyExchange } from '../crypto/key-exchange.ts';
import { JobQueue, type Task } from './job-queue.ts';

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
  readonly #queue: JobQueue;
  #turn: NodeJS.Immediate | undefined;

  constructor(queueLimit: number) {
    this.#queue = new JobQueue(queueLimit);
  }

  /** False where too many wait. Else the answer comes, but never before `run` returns, and after `close` not at all. */
  run(task: Task): boolean {
    if (!this.#queue.add(task)) return false;
    this.#turn ??= setImmediate(this.#take);
    return true;
  }

  close(): void {
    this.#queue.clear();
    clearImmediate(this.#turn);
  }

  readonly #take = (): void => {
    for (let count = 0; count < JOBS_A_TURN; count++) {
      const task = this.#queue.take();
      if (task === undefined) break;
      task.answer(performKeyExchange(task.job));
    }
    this.#turn = this.#queue.isEmpty ? undefined : setImmediate(this.#take);
  };
}

const JOBS_A_TURN = 16;
