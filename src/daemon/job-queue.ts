import type { KeyExchangeJob, KeyExchangeResult } from '../crypto/key-exchange-job.ts';

/** A job and who waits for its result. */
export type Task = {
  readonly job: KeyExchangeJob;
  /** Whether it is for an IKE SA that is established. */
  readonly established: boolean;
  readonly answer: (result: KeyExchangeResult) => void;
};

/**
 * Tasks that wait, in their order, but those of established IKE SAs before all others: whatever comes from strangers holds
 * up no rekeying. Each of the two kinds has room of its own.
 */
export class JobQueue {
  readonly #limit: number;
  readonly #established: Task[] = [];
  readonly #others: Task[] = [];

  /** `limit` tasks of each kind. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  get isEmpty(): boolean {
    return this.#established.length + this.#others.length === 0;
  }

  /** False where there is no room for it. */
  add(task: Task): boolean {
    const queue = task.established ? this.#established : this.#others;
    if (queue.length >= this.#limit) return false;
    queue.push(task);
    return true;
  }

  take(): Task | undefined {
    return this.#established.shift() ?? this.#others.shift();
  }

  clear(): void {
    this.#established.length = 0;
    this.#others.length = 0;
  }
}
