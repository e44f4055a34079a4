import { type Duration, MINUTE, type Now, SECOND } from '../base/time.ts';

/** How often both clocks are compared, and how many notes are kept: what is older than that is no news. */
const INTERVAL = MINUTE;
const KEPT = 10;

/** What a clock that is kept right does not do by itself. */
const STEP = 5 * SECOND;

/** Whether the date was set lately, or the machine slept: in the last ten minutes, or since the daemon runs. */
export class ClockWatch {
  readonly #read: () => Now;
  readonly #notes: Duration[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(read: () => Now) {
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
    this.#notes.push(this.#ahead());
    if (this.#notes.length > KEPT) this.#notes.shift();
  }

  /** By how much the date went ahead of the time that has passed, or behind it (below 0); undefined where it did not. */
  stepped(): Duration | undefined {
    const now = this.#ahead();
    const step = now - (this.#notes[0] ?? now);
    return Math.abs(step) < STEP ? undefined : step;
  }

  #ahead(): Duration {
    const { wall, mono } = this.#read();
    return wall - mono;
  }
}
