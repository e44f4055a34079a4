import type { Entropy } from '../../../base/entropy.ts';

/** Random words, fetched in bulk: asking for the few bytes of one IV would cost more than encrypting the packet. */
export class RandomPool {
  readonly #entropy: Entropy;
  #words: Int32Array = new Int32Array(0);
  #next = 0;

  constructor(entropy: Entropy) {
    this.#entropy = entropy;
  }

  /** Writes `length` bytes, a multiple of 4; none is given out twice. */
  fill(view: DataView, at: number, length: number): void {
    for (let offset = 0; offset < length; offset += 4) {
      if (this.#next === this.#words.length) this.#refill();
      view.setInt32(at + offset, this.#words[this.#next] ?? 0, true);
      this.#words[this.#next++] = 0;
    }
  }

  #refill(): void {
    const bytes = this.#entropy.bytes(POOL_BYTES);
    this.#words = new Int32Array(bytes.buffer, bytes.byteOffset, POOL_BYTES / 4);
    this.#next = 0;
  }
}

const POOL_BYTES = 8192;
