/** Lets through `perSecond` on average and `burst` at once, so that errors do not amplify what causes them. */
export class TokenBucket {
  readonly #perMillisecond: number;
  readonly #burst: number;
  #tokens: number;
  #filledAt = 0;

  constructor(perSecond: number, burst: number) {
    this.#perMillisecond = perSecond / 1000;
    this.#burst = burst;
    this.#tokens = burst;
  }

  /** `now` in milliseconds of any clock; one that goes back adds nothing. */
  take(now: number): boolean {
    const earned = Math.max(0, now - this.#filledAt) * this.#perMillisecond;
    this.#tokens = Math.min(this.#burst, this.#tokens + earned);
    this.#filledAt = now;
    if (this.#tokens < 1) return false;
    this.#tokens--;
    return true;
  }
}
