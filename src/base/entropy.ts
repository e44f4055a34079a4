/** The only source of randomness of the core. The daemon passes the system's, tests and the simulation a seeded one. */
export interface Entropy {
  /** `length` fresh unpredictable bytes in memory of their own. */
  bytes(length: number): Uint8Array;
}

/** A random integer in 0..2^32-1. */
export function randomU32(entropy: Entropy): number {
  const bytes = entropy.bytes(4);
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(0);
}

/** A random fraction in [0, 1), for jitter. */
export function randomFraction(entropy: Entropy): number {
  return randomU32(entropy) / 2 ** 32;
}

/**
 * A reproducible generator (xorshift128+ seeded by splitmix64), for tests and the simulation only: it is not
 * unpredictable. The same seed gives the same bytes.
 */
export class SeededEntropy implements Entropy {
  #a: bigint;
  #b: bigint;

  constructor(seed: number) {
    this.#a = splitMix(BigInt(seed) + 1n);
    this.#b = splitMix(this.#a);
  }

  bytes(length: number): Uint8Array {
    const out = new Uint8Array(length);
    for (let index = 0; index < length; index += 8) {
      const word = this.#next();
      let half = Number(word & 0xffff_ffffn);
      for (let k = index; k < Math.min(index + 8, length); k++) {
        if (k === index + 4) half = Number(word >> 32n);
        out[k] = half & 0xff;
        half >>>= 8;
      }
    }
    return out;
  }

  #next(): bigint {
    let x = this.#a;
    const y = this.#b;
    this.#a = y;
    x ^= (x << 23n) & MASK;
    x ^= x >> 17n;
    this.#b = x ^ y ^ (y >> 26n);
    return (this.#b + y) & MASK;
  }
}

const MASK = 0xffff_ffff_ffff_ffffn;

function splitMix(state: bigint): bigint {
  let z = (state + 0x9e37_79b9_7f4a_7c15n) & MASK;
  z = ((z ^ (z >> 30n)) * 0xbf58_476d_1ce4_e5b9n) & MASK;
  z = ((z ^ (z >> 27n)) * 0x94d0_49bb_1331_11ebn) & MASK;
  return z ^ (z >> 31n);
}
