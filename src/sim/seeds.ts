/** One seed alone, to see a failure again. */
const REPLAYED = process.env.SIM_SEED;

/** How many times the usual number of seeds: for a long search by hand. */
export const FACTOR = Number(process.env.SIM_FACTOR ?? 1);

/** Runs `scenario` for `count` seeds from `first` on, or for the seed of SIM_SEED alone. The first failure throws. */
export function forEachSeed(count: number, scenario: (seed: number) => void, first = 1): void {
  if (REPLAYED !== undefined) {
    scenario(Number(REPLAYED));
    return;
  }
  for (let seed = first; seed < first + count * FACTOR; seed++) scenario(seed);
}
