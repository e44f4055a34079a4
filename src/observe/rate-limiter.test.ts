import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RateLimiter } from './rate-limiter.ts';

describe('the rate limiter', () => {
  it('lets a burst pass, then one an interval, and tells how many it held back', () => {
    const limiter = new RateLimiter({ burst: 2, interval: 100, maxKeys: 10 });
    const at = (now: number) => limiter.admit('key', now);
    expect([at(0), at(1), at(2), at(99)]).toEqual([0, 0, undefined, undefined]);
    expect([at(100), at(199)]).toEqual([2, undefined]);
    expect(at(1_000)).toBe(1);
  });

  it('earns no more than the burst while nothing comes', () => {
    const limiter = new RateLimiter({ burst: 2, interval: 100, maxKeys: 10 });
    limiter.admit('key', 0);
    const later = [1, 2, 3].map((i) => limiter.admit('key', 1_000_000 + i));
    expect(later).toEqual([0, 0, undefined]);
  });

  it('counts keys apart, and forgets the eldest beyond its bound', () => {
    const limiter = new RateLimiter({ burst: 1, interval: 100, maxKeys: 2 });
    expect([limiter.admit('a', 0), limiter.admit('b', 0), limiter.admit('a', 0)]).toEqual([0, 0, undefined]);
    expect(limiter.admit('c', 0)).toBe(0);
    expect(limiter.admit('a', 0)).toBe(0);
    expect(limiter.admit('c', 0)).toBeUndefined();
  });

  it('never lets more pass than burst plus one an interval, and loses no count', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(50), { maxLength: 200 }), (gaps) => {
        const limiter = new RateLimiter({ burst: 3, interval: 100, maxKeys: 1 });
        let now = 0;
        let passed = 0;
        let heldBack = 0;
        let told = 0;
        for (const gap of gaps) {
          now += gap;
          const answer = limiter.admit('key', now);
          if (answer === undefined) heldBack += 1;
          else {
            passed += 1;
            told += answer;
            expect(told).toBe(heldBack);
          }
        }
        expect(passed).toBeLessThanOrEqual(3 + Math.floor(now / 100));
      }),
    );
  });
});
