import type { Duration } from '../base/time.ts';
import { MINUTE } from '../base/time.ts';

/** When a successor is due: `after` the birth of an SA, less a random part of `spread`, which is the smaller. */
export type RekeyTime = { readonly after: Duration; readonly spread: Duration };

/** `never`: an SA ends with its lifetime, and nothing takes its place by itself. */
export type RekeyChoice = RekeyTime | 'never';

/**
 * How long after its birth an SA is rekeyed: its lifetime minus a margin, which is drawn anew each time so that many
 * SAs of one age do not rekey at once. The lifetime itself is hard: whatever is not rekeyed by then ends.
 *
 * With m = the smaller of 9 minutes and a tenth of the lifetime (the margin that operators know from ipsec.conf):
 *
 *     initiator   lifetime - (2m .. 4m)
 *     responder   lifetime - (m .. 2m)
 *
 * The ranges do not meet, so that of two ends with equal lifetimes the initiator goes first and rekeyings do not
 * cross; the responder follows only where the initiator did not.
 *
 * `fraction` is random, in [0, 1). What the operator has `chosen` counts for either role.
 */
export function rekeyAfter(
  lifetime: Duration,
  role: 'initiator' | 'responder',
  fraction: number,
  chosen?: RekeyTime,
): Duration {
  // A peer may have agreed to less life than that.
  if (chosen !== undefined && chosen.after < lifetime) return Math.floor(chosen.after - chosen.spread * fraction);
  const base = Math.min(MAX_MARGIN, lifetime / 10);
  const margin = role === 'initiator' ? 2 * base : base;
  return Math.floor(lifetime - margin * (1 + fraction));
}

const MAX_MARGIN: Duration = 9 * MINUTE;
