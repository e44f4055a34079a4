/**
 * The anti-replay window of an inbound SA as RFC 6479 keeps it: a ring of words that is one word longer than the window,
 * so that nothing is shifted. Sequence numbers are whole: where the SA has ESN, the upper half is inferred from the
 * window (RFC 4303 appendix A2.2). Numbers from 2^53 on would not be told apart; no SA gets there.
 *
 * `isFresh`, then the ICV, then `accept`: only an authentic packet moves the window (RFC 4303 §3.4.3).
 */
export class ReplayWindow {
  /** Upper half of the number last asked for. */
  high = 0;
  readonly #esn: boolean;
  readonly #size: number;
  /** How far behind the highest number one is still taken for older instead of for newer. */
  readonly #reach: number;
  readonly #ring: Int32Array;
  /** The highest number that was authentic, and the one last asked for. An array, since a field would be allocated. */
  readonly #numbers = new Float64Array(2);

  /** `size` in packets; 0 lets everything pass that is authentic. `highest` is 0 in a new SA. */
  constructor(size: number, esn: boolean, highest = 0) {
    this.#esn = esn;
    this.#size = size;
    this.#reach = size === 0 ? WIDEST_WINDOW : size;
    this.#ring = new Int32Array(2 ** Math.ceil(Math.log2(Math.ceil(size / WORD_BITS) + 1)));
    this.#numbers[TOP] = highest;
  }

  /** Whether no authentic packet with this number came before and it is not too old; `low` is what the packet carries. */
  isFresh(low: number): boolean {
    const top = this.#numbers[TOP] ?? 0;
    const oldest = top - this.#reach + 1;
    // The one number from `oldest` on that ends in `low`: both cases of A2.2 are this.
    const number = this.#esn ? oldest + ((low - (oldest | 0)) >>> 0) : low >>> 0;
    this.#numbers[ASKED] = number;
    this.high = this.#esn ? Math.floor(number / SUBSPACE) | 0 : 0;
    if (number <= 0) return false;
    if (number > top || this.#size === 0) return true;
    if (number < oldest) return false;
    return ((this.#ring[this.#wordOf(low)] ?? 0) & (1 << (low & BIT_MASK))) === 0;
  }

  /** Takes in the number last asked for. */
  accept(): void {
    const top = this.#numbers[TOP] ?? 0;
    const number = this.#numbers[ASKED] ?? 0;
    if (number > top) {
      this.#clear(top, number);
      this.#numbers[TOP] = number;
    }
    const low = number | 0;
    const word = this.#wordOf(low);
    this.#ring[word] = (this.#ring[word] ?? 0) | (1 << (low & BIT_MASK));
  }

  /** Empties the words that the window enters on its way from `top` to `number`. */
  #clear(top: number, number: number): void {
    const entered = Math.floor(number / WORD_BITS) - Math.floor(top / WORD_BITS);
    const count = Math.min(entered, this.#ring.length);
    const last = this.#wordOf(number | 0);
    for (let back = 0; back < count; back++) this.#ring[(last - back) & (this.#ring.length - 1)] = 0;
  }

  #wordOf(low: number): number {
    return (low >>> WORD_SHIFT) & (this.#ring.length - 1);
  }
}

const TOP = 0;
const ASKED = 1;
const WORD_SHIFT = 5;
const WORD_BITS = 1 << WORD_SHIFT;
const BIT_MASK = WORD_BITS - 1;
const SUBSPACE = 2 ** 32;
/** RFC 4303 appendix A2. */
const WIDEST_WINDOW = 2 ** 31;
