import { describe, expect, it } from 'vitest';
import { HOUR, MINUTE } from '../base/time.ts';
import { live } from './life.ts';
import { forEachSeed } from './seeds.ts';

describe('the life of a tunnel, of both versions', () => {
  it.each([1, 1_001, 2_001, 3_001, 4_001, 5_001])(
    'minutes, whatever both ends begin in whatever weather, from seed %d on',
    (first) => {
      forEachSeed(1_000, (seed) => void live(seed, 4 * MINUTE), first);
    },
  );

  it.each([1_000_001, 1_000_031, 1_000_061, 1_000_091, 1_000_121])(
    'hours, in which hundreds of SAs replace each other, from seed %d on',
    (first) => {
      let rekeyings = 0;
      let lives = 0;
      forEachSeed(
        30,
        (seed) => {
          rekeyings += live(seed, 2 * HOUR).rekeyings;
          lives++;
        },
        first,
      );
      expect(rekeyings).toBeGreaterThan(100 * lives);
    },
  );
});
