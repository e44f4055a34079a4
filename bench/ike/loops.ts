import { setTimeout as pause } from 'node:timers/promises';

export type Outcome = {
  /** Milliseconds that each one took that was done. */
  readonly latencies: readonly number[];
  /** Why the others were not, each reason once. */
  readonly failures: readonly string[];
  readonly failed: number;
  /** Milliseconds from the first to the last. */
  readonly elapsed: number;
};

/** `concurrency` at a time, the next one as soon as one is done. */
export async function closedLoop(
  items: readonly number[],
  concurrency: number,
  perform: (item: number) => Promise<number>,
): Promise<Outcome> {
  const record = new Record();
  const left = items.values();
  const worker = async (): Promise<void> => {
    for (const item of left) await record.keep(perform(item));
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
  return record.outcome();
}

/** `rate` a second, however long each one takes. */
export async function openLoop(
  items: readonly number[],
  rate: number,
  perform: (item: number) => Promise<number>,
): Promise<Outcome> {
  const record = new Record();
  const start = performance.now();
  const all: Promise<void>[] = [];
  for (const item of items) {
    const wait = start + (all.length * 1_000) / rate - performance.now();
    if (wait > 0) await pause(wait);
    all.push(record.keep(perform(item)));
  }
  await Promise.all(all);
  return record.outcome();
}

class Record {
  readonly #latencies: number[] = [];
  readonly #failures = new Set<string>();
  readonly #start = performance.now();
  #failed = 0;

  keep(one: Promise<number>): Promise<void> {
    return one.then(
      (latency) => void this.#latencies.push(latency),
      (error: Error) => {
        this.#failed += 1;
        this.#failures.add(error.message);
      },
    );
  }

  outcome(): Outcome {
    const elapsed = performance.now() - this.#start;
    return { latencies: this.#latencies, failures: [...this.#failures], failed: this.#failed, elapsed };
  }
}
