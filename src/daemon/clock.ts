import { performance } from 'node:perf_hooks';
import type { Now } from '../base/time.ts';

/** Both clocks, read at once. `mono` counts from the start of the process and takes no part in changes of the date. */
export function systemNow(): Now {
  return { mono: performance.now(), wall: Date.now() };
}
