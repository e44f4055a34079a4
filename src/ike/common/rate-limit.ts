import type { Duration, Instant } from '../../base/time.ts';

/** How often something may happen that anyone can cause: `burst` times at once, then once more each `interval`. */
export type RateLimit = { readonly burst: number; readonly interval: Duration };

/** What is left of a burst, and from when on the next one is earned. */
export type Allowance = { left: number; since: Instant };

/** Takes one of what `key` may have; false where there is none left. Plain data, so that a snapshot keeps it. */
export function takeAllowance(
  allowances: Map<string, Allowance>,
  key: string,
  limit: RateLimit,
  now: Instant,
): boolean {
  const allowance = allowances.get(key) ?? { left: limit.burst, since: now };
  allowances.set(key, allowance);
  const earned = Math.floor((now - allowance.since) / limit.interval);
  if (earned > 0) {
    allowance.left = Math.min(limit.burst, allowance.left + earned);
    allowance.since += earned * limit.interval;
  }
  if (allowance.left === 0) return false;
  allowance.left--;
  return true;
}
