import { describe, expect, it } from 'vitest';
import { liveBusily } from './busy-life.ts';
import { FACTOR, forEachSeed } from './seeds.ts';

/** Of one life at least: hundreds. */
const REKEYINGS = 200;

/** Seeds of one test, so that each ends in time on a busy machine. */
const PORTION = 200;
const PORTIONS = 5;

/**
 * The `nth` thousand of all lives, seeds from 1 on, or with SIM_FACTOR as many thousand. Each has a file of its own, as
 * vitest plays files beside each other, one on each processor.
 */
export function testBusyLives(nth: number): void {
  const before = (nth - 1) * PORTIONS;
  const portions = Array.from({ length: PORTIONS }, (_, index) => (before + index) * PORTION * FACTOR + 1);
  describe('a tunnel that is rekeyed hundreds of times, in whatever weather, with both ends acting', () => {
    it.each(portions)('keeps every invariant, from seed %d on', (from) => {
      let lives = 0;
      let rekeyings = 0;
      forEachSeed(
        PORTION,
        (seed) => {
          rekeyings += liveBusily(seed, REKEYINGS).rekeyings;
          lives++;
        },
        from,
      );
      expect(rekeyings).toBeGreaterThanOrEqual(REKEYINGS * lives);
    });
  });
}
