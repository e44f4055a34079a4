import type { Instant } from '../base/time.ts';
import { SECOND } from '../base/time.ts';
import type { Log } from '../observe/log.ts';
import { RateLimiter } from '../observe/rate-limiter.ts';

/**
 * Tells the log of exceptions that should not have been, each with what was being handled and how many there have
 * been in this run; at a limited rate, because a peer may have found out how to cause them.
 */
export class BugReporter {
  readonly #log: Pick<Log, 'write'>;
  readonly #now: () => Instant;
  readonly #limiter = new RateLimiter({ burst: 5, interval: 10 * SECOND, maxKeys: 64 });
  #count = 0;

  constructor(log: Pick<Log, 'write'>, now: () => Instant) {
    this.#log = log;
    this.#now = now;
  }

  /** `during` is a fixed word, such as the kind of an input. */
  report(during: string, error: unknown): void {
    this.#count++;
    if (this.#limiter.admit(during, this.#now()) === undefined) return;
    this.#log.write('error', `bug while handling ${during}`, { event: 'bug', during, bugs: this.#count, error });
  }
}
