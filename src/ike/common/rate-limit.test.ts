import { describe, expect, it } from 'vitest';
import { type Allowance, takeAllowance } from './rate-limit.ts';

const LIMIT = { burst: 3, interval: 100 };

/** How many of ten pass at each of these times. */
function passed(times: readonly number[], key: (n: number) => string = () => 'a'): number[] {
  const allowances = new Map<string, Allowance>();
  return times.map((now) => {
    const tries = Array.from({ length: 10 }, (_, n) => takeAllowance(allowances, key(n), LIMIT, now));
    return tries.filter((admitted) => admitted).length;
  });
}

describe('a rate limit', () => {
  it('lets a burst pass at once, then one for each interval', () => {
    expect(passed([0, 0, 99, 100, 250, 300])).toEqual([3, 0, 0, 1, 1, 1]);
  });

  it('saves up no more than a burst', () => {
    expect(passed([0, 1_000_000, 1_000_000])).toEqual([3, 3, 0]);
  });

  it('counts each key by itself', () => {
    expect(passed([0, 0], (n) => (n % 2 === 0 ? 'a' : 'b'))).toEqual([6, 0]);
  });
});
