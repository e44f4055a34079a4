import { type Duration, SECOND } from '../../base/time.ts';

/** When a request is repeated: after the n-th transmission the wait is `base` x `factor`^(n-1), give or take `jitter`. */
export type RetransmitSchedule = {
  readonly base: Duration;
  readonly factor: number;
  /** The longest wait; none where absent. */
  readonly cap?: Duration;
  /** Transmissions in all, the first included. */
  readonly transmissions: number;
  /** Fraction of the wait: 0.2 spreads it over 80..120 %. */
  readonly jitter: number;
};

/** Gives up after about 150 s. RFC 7296 §2.4 asks for several tries over a period of minutes. */
export const RETRANSMIT: RetransmitSchedule = { base: 2 * SECOND, factor: 1.8, transmissions: 7, jitter: 0.2 };

/**
 * For the initial exchanges: quick at first, because a lost datagram there is a tunnel that comes up late. How long
 * an attempt lasts in all is up to its own timer.
 */
export const HANDSHAKE_RETRANSMIT: RetransmitSchedule = {
  base: SECOND / 2,
  factor: 1.6,
  transmissions: 9,
  jitter: 0.2,
};

/**
 * How long to wait for the response after the transmission number `sent` (1 is the first). After the last one this
 * is the wait before giving up; undefined beyond. `fraction` in [0, 1) is the random part.
 */
export function retransmitDelay(sent: number, fraction: number, schedule = RETRANSMIT): Duration | undefined {
  if (sent > schedule.transmissions) return undefined;
  const spread = 1 + schedule.jitter * (2 * fraction - 1);
  const wait = Math.min(schedule.base * schedule.factor ** (sent - 1), schedule.cap ?? Number.POSITIVE_INFINITY);
  return Math.round(wait * spread);
}

/** The time from the first transmission to giving up, without jitter. */
export function retransmitTotal(schedule = RETRANSMIT): Duration {
  let total = 0;
  for (let sent = 1; sent <= schedule.transmissions; sent++) total += retransmitDelay(sent, 0.5, schedule) ?? 0;
  return total;
}
