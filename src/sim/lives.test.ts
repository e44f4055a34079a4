import { describe, expect, it } from 'vitest';
import { HOUR, MINUTE } from '../base/time.ts';
import { live } from './life.ts';
import { forEachSeed } from './seeds.ts';

describe('the life of a tunnel, of both versions', () => {
  it('minutes, in whatever weather and with whatever both ends begin', () => {
    forEachSeed(5_000, (seed) => {
      live(seed, 4 * MINUTE);
    });
  });

  it('hours, in which hundreds of SAs replace each other', () => {
    let rekeyings = 0;
    let lives = 0;
    forEachSeed(
      60,
      (seed) => {
        rekeyings += live(seed, 2 * HOUR).rekeyings;
        lives++;
      },
      1_000_001,
    );
    expect(rekeyings).toBeGreaterThan(100 * lives);
  });
});
