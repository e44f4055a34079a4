import { describe, expect, it } from 'vitest';
import { liveBusily } from './busy-life.ts';
import { forEachSeed } from './seeds.ts';

/** Of one life at least: hundreds. */
const REKEYINGS = 200;

/** Seeds of one test, so that each ends in time on a busy machine; with SIM_FACTOR=5 as many as there is room for. */
const PORTION = 100;
const ROOM = 500;

/** What is run in one file: several files run at once, one on each core. */
const PORTIONS = 5;

/** A quarter of 2,000 lives, or of all 10,000 with SIM_FACTOR=5: the one with the seeds from `first` on. */
export function testBusyLives(first: number): void {
  const portions = Array.from({ length: PORTIONS }, (_, index) => first + index * ROOM);
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
