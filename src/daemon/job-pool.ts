import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { KeyExchangeJob, KeyExchangeResult } from '../crypto/key-exchange-job.ts';
import { JobQueue, type Task } from './job-queue.ts';
import { isQuick, LoopJobs } from './loop-jobs.ts';

export type JobPoolOptions = {
  /** Threads; default one fewer than there are cores, and at least one. */
  readonly size?: number;
  /** Jobs that may wait, of established IKE SAs and of others each; what comes on top is refused. */
  readonly queueLimit?: number;
  /** What a thread runs: it answers each message, a job, with one message, its result. */
  readonly script?: URL;
  /** Told when a thread ends by itself. */
  readonly onCrash?: (error: Error) => void;
};

/**
 * Does Diffie-Hellman off the event loop, but for what is cheaper on it. Threads start with the first job that needs
 * them. Each has one job at a time, so that a thread that crashes takes one job with it: that one is refused, and the
 * next starts a new thread.
 */
export class JobPool {
  readonly #size: number;
  readonly #script: URL | undefined;
  readonly #onCrash: (error: Error) => void;
  readonly #queue: JobQueue;
  readonly #onLoop: LoopJobs;
  readonly #idle: Thread[] = [];
  readonly #threads = new Set<Thread>();
  #closed = false;

  constructor(options: JobPoolOptions = {}) {
    this.#size = options.size ?? Math.max(1, availableParallelism() - 1);
    const { queueLimit = QUEUE_LIMIT } = options;
    this.#queue = new JobQueue(queueLimit);
    this.#onLoop = new LoopJobs(queueLimit);
    this.#script = options.script ?? builtScript();
    this.#onCrash = options.onCrash ?? (() => undefined);
  }

  /**
   * `answer` is called exactly once, never before `run` returns; after `close` not at all. Jobs for IKE SAs that are
   * `established` go first.
   */
  run(job: KeyExchangeJob, answer: (result: KeyExchangeResult) => void, established = false): void {
    const task: Task = { job, established, answer };
    const here = this.#script === undefined || isQuick(job.method);
    if (!(here ? this.#onLoop.run(task) : this.#queue.add(task)))
      setImmediate(() => this.#answer(task, { kind: 'ke.refused', reason: 'too many key exchanges are waiting' }));
    else if (!here && this.#script !== undefined) this.#assign(this.#script);
  }

  /** How many there may be, and how many of them have nothing to do. */
  threads(): { readonly total: number; readonly idle: number } {
    const busy = [...this.#threads].filter(({ task }) => task !== undefined).length;
    return { total: this.#size, idle: this.#size - busy };
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#queue.clear();
    this.#onLoop.close();
    await Promise.all([...this.#threads].map((thread) => thread.worker.terminate()));
  }

  #assign(script: URL): void {
    while (!this.#queue.isEmpty) {
      const thread = this.#idle.pop() ?? this.#start(script);
      if (thread === undefined) return;
      thread.task = this.#queue.take();
      thread.worker.postMessage(thread.task?.job);
    }
  }

  #start(script: URL): Thread | undefined {
    if (this.#threads.size >= this.#size) return undefined;
    const worker = new Worker(script);
    const thread: Thread = { worker, task: undefined };
    this.#threads.add(thread);
    worker.unref();
    worker.on('message', (result: KeyExchangeResult) => this.#finish(thread, script, result));
    worker.on('error', (error: Error) => {
      if (!this.#closed) this.#onCrash(error);
    });
    worker.on('exit', () => this.#lose(thread, script));
    return thread;
  }

  #finish(thread: Thread, script: URL, result: KeyExchangeResult): void {
    const { task } = thread;
    thread.task = undefined;
    this.#idle.push(thread);
    this.#assign(script);
    if (task !== undefined) this.#answer(task, result);
  }

  #lose(thread: Thread, script: URL): void {
    this.#threads.delete(thread);
    const index = this.#idle.indexOf(thread);
    if (index >= 0) this.#idle.splice(index, 1);
    if (this.#closed) return;
    this.#assign(script);
    if (thread.task !== undefined)
      this.#answer(thread.task, { kind: 'ke.refused', reason: 'the thread that computed it ended' });
  }

  #answer(task: Task, result: KeyExchangeResult): void {
    if (!this.#closed) task.answer(result);
  }
}

type Thread = { readonly worker: Worker; task: Task | undefined };

/** Under flood cookies come first; beyond this the peers' retransmissions are the better queue. */
const QUEUE_LIMIT = 1_024;

/** The compiled worker beside this file. Run from the TypeScript sources there is none: jobs are done in this thread. */
function builtScript(): URL | undefined {
  return import.meta.url.endsWith('.js') ? new URL('./job-worker.js', import.meta.url) : undefined;
}
