import { HOUR, MINUTE } from '../base/time.ts';
import { live } from './life.ts';

/** Most lives are short; every so often one is long. */
const SHORT = 4 * MINUTE;
const LONG = 4 * HOUR;
const LONG_EVERY = 200;
const PROGRESS_EVERY = 500;

/** Runs lives without end, from `first` on; stops at the first that fails. SIGINT ends it, and it says how far it came. */
async function soak(first: number): Promise<void> {
  let seeds = 0;
  let rekeyings = 0;
  const tally = () => `${seeds} seeds, ${rekeyings} rekeyings`;
  process.on('SIGINT', () => {
    say(`stopped after ${tally()}: none failed`);
    process.exit(0);
  });
  say(`seeds from ${first} on; Ctrl-C ends it`);
  for (let seed = first; ; seed++) {
    const length = seed % LONG_EVERY === 0 ? LONG : SHORT;
    try {
      rekeyings += live(seed, length).rekeyings;
    } catch (error) {
      say(error instanceof Error ? error.message : String(error));
      say(`seed ${seed} failed after ${tally()}; again with: npm run soak -- ${seed}`);
      process.exit(1);
    }
    seeds++;
    if (seeds % PROGRESS_EVERY === 0) say(`${tally()}, at seed ${seed}`);
    // Lets signals in.
    await new Promise((resolve) => setImmediate(resolve));
  }
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

const [given] = process.argv.slice(2);
const first = given === undefined ? Math.floor(Math.random() * 1e9) : Number(given);
if (!Number.isSafeInteger(first)) {
  say('usage: npm run soak -- [SEED]');
  process.exit(2);
}
await soak(first);
