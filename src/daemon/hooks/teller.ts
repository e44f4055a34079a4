import { SECOND } from '../../base/time.ts';
import type { Hook } from '../../config/configuration.ts';
import { type Change, NOTHING_TOLD, nextChange, REMOVED, type Standing, type Told } from '../../tunnel/reachability.ts';
import { hookMessage, type TunnelNames } from './message.ts';
import { type Outcome, runProgram } from './program.ts';
import { postMessage } from './webhook.ts';

export type TellerEdge = {
  /** Runs the work when it is its turn: not all of them at once. */
  readonly inTurn: <Value>(work: () => Promise<Value>) => Promise<Value>;
  readonly onFailure: (names: TunnelNames, change: Change, outcome: string, next: 'again' | 'given-up') => void;
  readonly nextId: () => string;
  readonly wall: () => number;
};

/**
 * Tells one hook of one tunnel, one message after the other. It keeps what it has told and how the tunnel stands, and
 * not what happened in between: so it never holds more than the pairs of the tunnel, however slow the hook is.
 */
export class Teller {
  hook: Hook;
  readonly #names: TunnelNames;
  readonly #edge: TellerEdge;
  readonly #stop = new AbortController();
  #told: Told = NOTHING_TOLD;
  #standing: Standing = REMOVED;
  #work: Promise<void> = Promise.resolve();
  #working = false;
  #failures = 0;

  constructor(hook: Hook, names: TunnelNames, edge: TellerEdge) {
    this.hook = hook;
    this.#names = names;
    this.#edge = edge;
  }

  stands(standing: Standing): void {
    this.#standing = standing;
    this.#failures = 0;
    if (this.#working) return;
    this.#working = true;
    this.#work = this.#tell();
  }

  /** Resolves when there is nothing left to tell, or it was given up. */
  idle(): Promise<void> {
    return this.#work;
  }

  /** Ends what is under way. */
  stop(): void {
    this.#stop.abort();
  }

  async #tell(): Promise<void> {
    try {
      await this.#tellAll();
    } finally {
      this.#working = false;
    }
  }

  async #tellAll(): Promise<void> {
    for (let change = this.#next(); change !== undefined; change = this.#next()) {
      if (this.hook.on.includes(change.event)) {
        const outcome = await this.#perform(change);
        if (outcome !== undefined && !(await this.#onFailure(change, outcome))) return;
        // A program that fails has been run all the same; a server that did not answer is asked again.
        if (outcome !== undefined && this.hook.target.kind === 'webhook') continue;
      }
      this.#failures = 0;
      this.#told = change.after;
    }
  }

  /** A program is told of one pair at a time, as updown scripts expect. */
  #next(): Change | undefined {
    if (this.#stop.signal.aborted) return undefined;
    return nextChange(this.#told, this.#standing, this.hook.target.kind === 'program' ? 1 : Number.POSITIVE_INFINITY);
  }

  #perform(change: Change): Promise<Outcome> {
    const { target, timeout } = this.hook;
    const message = hookMessage(this.#names, change, { id: this.#edge.nextId(), wall: this.#edge.wall() });
    const limits = { timeout, stop: this.#stop.signal };
    return this.#edge
      .inTurn(() =>
        target.kind === 'program'
          ? runProgram(target.argv, message, change.pairs[0], limits)
          : postMessage(target, message, limits),
      )
      .catch((error: unknown) => `a bug: ${String(error)}`);
  }

  /** Whether to go on. */
  async #onFailure(change: Change, outcome: string): Promise<boolean> {
    const isProgram = this.hook.target.kind === 'program';
    const given = isProgram || this.#failures + 1 >= MAX_FAILURES || this.#stop.signal.aborted;
    this.#edge.onFailure(this.#names, change, outcome, given ? 'given-up' : 'again');
    if (isProgram) return true;
    if (given) return false;
    await this.#pause(Math.min(FIRST_PAUSE * 2 ** this.#failures++, LONGEST_PAUSE));
    return true;
  }

  #pause(delay: number): Promise<void> {
    const { signal } = this.#stop;
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, delay);
      signal.addEventListener('abort', () => {
        clearTimeout(timer);
        resolve();
      });
    });
  }
}

/** After these, two minutes altogether, only the next change of the tunnel is a reason to try again. */
const MAX_FAILURES = 8;
const FIRST_PAUSE = SECOND;
const LONGEST_PAUSE = 30 * SECOND;
