import type { Duration, Instant } from '../base/time.ts';

export type RateLimit = {
  /** How many pass at once. */
  readonly burst: number;
  /** One more passes after each of these. */
  readonly interval: Duration;
  /** Memory is bounded: beyond this many keys the one that was new first is forgotten. */
  readonly maxKeys: number;
};

/** A token bucket for each key; what does not pass is counted. */
export class RateLimiter {
  readonly #limit: RateLimit;
  readonly #buckets = new Map<string, Bucket>();

  constructor(limit: RateLimit) {
    this.#limit = limit;
  }

  /** How many were held back since the last one that passed; undefined where this one is held back too. */
  admit(key: string, now: Instant): number | undefined {
    const bucket = this.#bucket(key, now);
    const earned = Math.floor((now - bucket.since) / this.#limit.interval);
    if (earned > 0) {
      bucket.tokens = Math.min(this.#limit.burst, bucket.tokens + earned);
      bucket.since += earned * this.#limit.interval;
    }
    if (bucket.tokens === 0) {
      bucket.heldBack += 1;
      return undefined;
    }
    bucket.tokens -= 1;
    const heldBack = bucket.heldBack;
    bucket.heldBack = 0;
    return heldBack;
  }

  #bucket(key: string, now: Instant): Bucket {
    const known = this.#buckets.get(key);
    if (known !== undefined) return known;
    if (this.#buckets.size >= this.#limit.maxKeys) {
      const [oldest] = this.#buckets.keys();
      if (oldest !== undefined) this.#buckets.delete(oldest);
    }
    const bucket = { tokens: this.#limit.burst, since: now, heldBack: 0 };
    this.#buckets.set(key, bucket);
    return bucket;
  }
}

type Bucket = { tokens: number; since: Instant; heldBack: number };
