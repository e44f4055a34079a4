/** One seed alone, to see a failure again. */
const REPLAYED = process.env.SIM_SEED;

/** Runs `scenario` for `count` seeds from `first` on, or for the seed of SIM_SEED alone. The first failure throws. */
export function forEachSeed(count: number, scenario: (seed: number) => void, first = 1): void {
  if (REPLAYED !== undefined) {
    scenario(Number(REPLAYED));
    return;
  }
  for (let seed = first; seed < first + count; seed++) scenario(seed);
}
