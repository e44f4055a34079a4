/**
 * The sequence numbers of an outbound SA: 1, 2, 3 and so on, and never one twice (RFC 4303 §3.3.3). Halves of 32 bits,
 * as signed integers, since those need no memory of their own.
 */
export class SequenceCounter {
  /** Of the number last taken. */
  high = 0;
  low = 0;
  readonly #lastHigh: number;

  /** `last` is the number last taken: 0 in a new SA. */
  constructor(esn: boolean, last: { readonly high: number; readonly low: number } = { high: 0, low: 0 }) {
    this.#lastHigh = esn ? -1 : 0;
    this.high = last.high | 0;
    this.low = last.low | 0;
  }

  /** Goes to the next number; false where there is none. */
  next(): boolean {
    if (this.low === -1) {
      if (this.high === this.#lastHigh) return false;
      this.high = (this.high + 1) | 0;
    }
    this.low = (this.low + 1) | 0;
    return true;
  }
}
