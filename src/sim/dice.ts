/**
 * The seeded chance of the simulation: loss, latency, faults. It is apart from the gateways' entropy, so that a
 * change in how many random bytes a gateway draws leaves the weather as it was.
 */
export class Dice {
  #state: number;

  constructor(seed: number) {
    this.#state = (seed ^ 0x9e37_79b9) >>> 0;
  }

  /** In [0, 1). */
  fraction(): number {
    // mulberry32: one 32-bit word of state, enough for weather.
    this.#state = (this.#state + 0x6d2b_79f5) >>> 0;
    let z = this.#state;
    z = Math.imul(z ^ (z >>> 15), z | 1);
    z ^= z + Math.imul(z ^ (z >>> 7), z | 61);
    return ((z ^ (z >>> 14)) >>> 0) / 2 ** 32;
  }

  /** An integer in 0..limit-1. */
  below(limit: number): number {
    return Math.floor(this.fraction() * limit);
  }

  chance(probability: number): boolean {
    return probability > 0 && this.fraction() < probability;
  }

  /** A point between both ends of a range. */
  within(range: Range): number {
    return range[0] + this.fraction() * (range[1] - range[0]);
  }

  /** One of `choices`, which must not be empty. */
  pick<T>(choices: readonly T[]): T {
    const choice = choices[this.below(choices.length)];
    if (choice === undefined) throw new RangeError('nothing to pick from');
    return choice;
  }

  /** A generator of its own for one part of the simulation. */
  fork(): Dice {
    return new Dice(this.below(2 ** 32));
  }
}

/** Lowest and highest value. */
export type Range = readonly [number, number];
