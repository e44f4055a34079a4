import { MINUTE } from '../base/time.ts';

/** How often the counters are taken note of, and how many notes are kept: what is older than that is no news. */
const INTERVAL = MINUTE;
const KEPT = 10;

type Counters = ReadonlyMap<string, number>;

/** Which of the kernel's error counters have moved lately: in the last ten minutes, or since the daemon runs. */
export class KernelErrorWatch {
  readonly #read: () => Counters;
  readonly #notes: Counters[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(read: () => Counters) {
    this.#read = read;
    this.note();
  }

  start(): void {
    this.#timer = setInterval(() => this.note(), INTERVAL);
    this.#timer.unref();
  }

  close(): void {
    clearInterval(this.#timer);
  }

  note(): void {
    this.#notes.push(this.#read());
    if (this.#notes.length > KEPT) this.#notes.shift();
  }

  /** By how much each has moved; those that stand still are left out. */
  moved(): Record<string, number> {
    const [before = new Map<string, number>()] = this.#notes;
    const differences = [...this.#read()].map(([name, count]) => [name, count - (before.get(name) ?? 0)] as const);
    return Object.fromEntries(differences.filter(([, difference]) => difference > 0));
  }
}
