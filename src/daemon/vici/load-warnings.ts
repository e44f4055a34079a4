import { formatProblem, type Problem } from '../../config/problem.ts';

/**
 * What is doubtful about connections that are loaded. A client loads one after the other, mostly with the same choices: when
 * none has come for a moment, each sentence is told once, with the first place that it is about and the number of the others.
 */
export class LoadWarnings {
  readonly #tell: (line: string) => void;
  readonly #waiting = new Map<string, { readonly first: Problem; more: number }>();
  #timer: NodeJS.Timeout | undefined;

  constructor(tell: (line: string) => void) {
    this.#tell = tell;
  }

  add(problems: readonly Problem[]): void {
    if (problems.length === 0) return;
    for (const problem of problems) {
      const same = this.#waiting.get(problem.message);
      if (same === undefined) this.#waiting.set(problem.message, { first: problem, more: 0 });
      else same.more++;
    }
    if (this.#timer !== undefined) this.#timer.refresh();
    // The end of the daemon does not wait for it.
    else this.#timer = setTimeout(() => this.#tellAll(), QUIET).unref();
  }

  #tellAll(): void {
    this.#timer = undefined;
    const told = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const { first, more } of told)
      this.#tell(`${formatProblem(first)}${more === 0 ? '' : ` (the same at ${more} more)`}`);
  }
}

/** Milliseconds; a client that loads thousands sends the next one sooner. */
const QUIET = 500;
