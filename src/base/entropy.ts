import { readU32 } from './bytes.ts';

/** The only source of randomness of the core. The daemon passes the system's, tests and the simulation a seeded one. */
export interface Entropy {
  /** `length` fresh unpredictable bytes in memory of their own. */
  bytes(length: number): Uint8Array;
}

/** A random integer in 0..2^32-1. */
export function randomU32(entropy: Entropy): number {
  return readU32(entropy.bytes(4));
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
  // Two words of 64 bits, each as two halves: bigints would be most of what this costs.
  #highA: number;
  #lowA: number;
  #highB: number;
  #lowB: number;

  constructor(seed: number) {
    const a = splitMix(BigInt(seed) + 1n);
    const b = splitMix(a);
    this.#highA = highHalf(a);
    this.#lowA = lowHalf(a);
    this.#highB = highHalf(b);
    this.#lowB = lowHalf(b);
  }

  bytes(length: number): Uint8Array {
    const out = new Uint8Array(length);
    for (let index = 0; index < length; index += 8) {
      this.#next();
      // b + y, and y is the first word by now.
      const low = (this.#lowB + this.#lowA) | 0;
      const carry = low >>> 0 < this.#lowB >>> 0 ? 1 : 0;
      writeHalf(out, index, low);
      writeHalf(out, index + 4, (this.#highB + this.#highA + carry) | 0);
    }
    return out;
  }

  #next(): void {
    let high = this.#highA;
    let low = this.#lowA;
    const highY = this.#highB;
    const lowY = this.#lowB;
    this.#highA = highY;
    this.#lowA = lowY;
    // x ^= x << 23; x ^= x >> 17; b = x ^ y ^ (y >> 26)
    high ^= (high << 23) | (low >>> 9);
    low ^= low << 23;
    low ^= (low >>> 17) | (high << 15);
    high ^= high >>> 17;
    this.#highB = high ^ highY ^ (highY >>> 26);
    this.#lowB = low ^ lowY ^ ((lowY >>> 26) | (highY << 6));
  }
}

/** The lowest byte first, as far as there is room. */
function writeHalf(out: Uint8Array, at: number, half: number): void {
  for (let index = at, rest = half; index < Math.min(at + 4, out.length); index++, rest >>>= 8) out[index] = rest;
}

function highHalf(word: bigint): number {
  return Number(word >> 32n) | 0;
}

function lowHalf(word: bigint): number {
  return Number(word & 0xffff_ffffn) | 0;
}

const MASK = 0xffff_ffff_ffff_ffffn;

function splitMix(state: bigint): bigint {
  let z = (state + 0x9e37_79b9_7f4a_7c15n) & MASK;
  z = ((z ^ (z >> 30n)) * 0xbf58_476d_1ce4_e5b9n) & MASK;
  z = ((z ^ (z >> 27n)) * 0x94d0_49bb_1331_11ebn) & MASK;
  return z ^ (z >> 31n);
}
