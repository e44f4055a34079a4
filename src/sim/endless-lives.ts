import { HOUR, MINUTE } from '../base/time.ts';
import { liveBusily } from './busy-life.ts';
import { live } from './life.ts';

/** One life of a seed; it throws where an invariant is broken. */
export type LifeOf = (seed: number) => { readonly rekeyings: number };

export type EndlessLives = {
  readonly first: number;
  readonly lifeOf: LifeOf;
  readonly say: (text: string) => void;
  /** Asked between two lives. */
  readonly isStopped: () => boolean;
};

const PROGRESS_EVERY = 100;

/**
 * Runs one life after another, from the seed `first` on, until it is stopped or one fails; says how it goes. Returns the
 * exit status: 0 where none has failed.
 */
export async function liveWithoutEnd({ first, lifeOf, say, isStopped }: EndlessLives): Promise<number> {
  let seeds = 0;
  let rekeyings = 0;
  const tally = () => `${seeds} seeds, ${rekeyings} rekeyings`;
  for (let seed = first; ; seed++) {
    if (isStopped()) {
      say(`stopped after ${tally()}: none failed`);
      return 0;
    }
    try {
      rekeyings += lifeOf(seed).rekeyings;
    } catch (error) {
      say(error instanceof Error ? error.message : String(error));
      say(`seed ${seed} failed after ${tally()}; again with: npm run soak -- ${seed}`);
      return 1;
    }
    seeds++;
    if (seeds % PROGRESS_EVERY === 0) say(`${tally()}, at seed ${seed}`);
    // Lets signals in.
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** Most lives are busy; some have time for what only time brings. The seed alone says which. */
export const anyLife: LifeOf = (seed) => {
  if (seed % LONG_EVERY === 0) return live(seed, 4 * HOUR);
  return seed % CALM_EVERY === 0 ? live(seed, 4 * MINUTE) : liveBusily(seed, BUSY_REKEYINGS);
};

const LONG_EVERY = 200;
const CALM_EVERY = 4;
const BUSY_REKEYINGS = 300;
