import { describe, expect, it } from 'vitest';
import { liveBusily } from './busy-life.ts';
import { forEachSeed } from './seeds.ts';

/** Of one life at least: hundreds. */
const REKEYINGS = 200;

/** Seeds of one test, so that each ends in time on a busy machine; with SIM_FACTOR=2 as many as there is room for. */
const PORTION = 200;
const ROOM = 400;

/** 400 lives, or 800 with SIM_FACTOR=2: those with the seeds from `first` on. */
export function testBusyLives(first: number): void {
  const portions = [first, first + ROOM];
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
