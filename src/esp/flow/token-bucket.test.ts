import { describe, expect, it } from 'vitest';
import { TokenBucket } from './token-bucket.ts';

describe('a token bucket', () => {
  it('gives a burst at once and then its rate', () => {
    const bucket = new TokenBucket(10, 3);
    const taken = (now: number) => [1, 2, 3, 4, 5].filter(() => bucket.take(now)).length;
    expect(taken(1_000_000)).toBe(3);
    expect(taken(1_000_099)).toBe(0);
    expect(taken(1_000_200)).toBe(2);
    expect(taken(9_000_000)).toBe(3);
  });

  it('a clock that goes back adds nothing', () => {
    const bucket = new TokenBucket(1000, 1);
    expect(bucket.take(5000)).toBe(true);
    expect(bucket.take(1000)).toBe(false);
    expect(bucket.take(1001)).toBe(true);
  });
});
