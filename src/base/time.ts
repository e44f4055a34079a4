/** Milliseconds. Every duration inside Cygnet has this unit; the configuration's `8s`, `24h` are parsed at the edge. */
export type Duration = number;

/** A point of the monotonic clock, in milliseconds. Never compared with wall time. */
export type Instant = number;

/** The two clocks as they stood when an input arrived: `mono` drives the protocol, `wall` only labels what people read. */
export type Now = {
  readonly mono: Instant;
  /** Milliseconds since 1970-01-01 UTC. */
  readonly wall: number;
};

/** When something is or was: `mono` for timers, `wall` for people. */
export type Moment = Now;

export const SECOND: Duration = 1_000;
export const MINUTE: Duration = 60 * SECOND;
export const HOUR: Duration = 60 * MINUTE;
