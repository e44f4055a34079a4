/** More lines than this tell nothing more about a failure; the oldest go first. */
const KEPT_LINES = 400;

/** What happened, newest last. Lines are made only when somebody asks: most runs succeed. */
export class Trace {
  #lines: (() => string)[] = [];
  #dropped = 0;
  readonly #keep: number;

  constructor(keep = KEPT_LINES) {
    this.#keep = keep;
  }

  add(line: () => string): void {
    this.#lines.push(line);
    if (this.#lines.length < this.#keep * 2) return;
    this.#dropped += this.#lines.length - this.#keep;
    this.#lines = this.#lines.slice(-this.#keep);
  }

  lines(): string[] {
    const head = this.#dropped > 0 ? [`… ${this.#dropped} earlier lines`] : [];
    return [...head, ...this.#lines.map((line) => line())];
  }
}
