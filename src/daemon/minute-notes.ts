import { MINUTE } from '../base/time.ts';

/** How often it is read, and how many notes are kept: what is older than that is no news. */
const INTERVAL = MINUTE;
const KEPT = 10;

/** What something was in the last ten minutes, or since the daemon runs. */
export class MinuteNotes<Reading> {
  readonly #read: () => Reading;
  readonly #notes: [Reading, ...Reading[]];
  #timer: NodeJS.Timeout | undefined;

  constructor(read: () => Reading) {
    this.#read = read;
    this.#notes = [read()];
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

  /** As it was at the beginning of that time, and as it is now. */
  compare(): { readonly before: Reading; readonly now: Reading } {
    return { before: this.#notes[0], now: this.#read() };
  }
}
