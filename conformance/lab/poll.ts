import { setTimeout as pause } from 'node:timers/promises';

/** A reading either has what was wanted or says what it saw instead. */
export type Reading<T> = { readonly value: T } | { readonly unmet: string };

/** Generous, because only a failing scenario ever waits so long, and machines may be slow. */
const PATIENCE_MS = 60_000;

/** Reads again and again until the reading is met; rejects with the last thing seen when patience ends. */
export async function poll<T>(read: () => Promise<Reading<T>>, patience = PATIENCE_MS): Promise<T> {
  const deadline = Date.now() + patience;
  for (let delay = 50; ; delay = Math.min(delay * 1.5, 500)) {
    const reading = await read();
    if ('value' in reading) return reading.value;
    if (Date.now() > deadline) throw new Error(`${reading.unmet} (after ${Math.round(patience / 1000)} s)`);
    await pause(delay);
  }
}
