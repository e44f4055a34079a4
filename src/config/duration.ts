import type { Duration } from '../base/time.ts';
import { HOUR, MINUTE, SECOND } from '../base/time.ts';

/** `8s`, `24h`, `1d`, `500ms`; a bare number is seconds. Undefined where the text is none of these. */
export function parseDuration(text: string): Duration | undefined {
  const match = /^(\d{1,12})([a-z]*)$/.exec(text);
  const unit = UNITS.get(match?.[2] ?? '?');
  return unit === undefined ? undefined : Number(match?.[1]) * unit;
}

/** The shortest exact form: `24h` and not `86400s`. */
export function formatDuration(duration: Duration): string {
  const fitting = [...UNITS].find(([name, unit]) => name !== '' && duration >= unit && duration % unit === 0);
  return fitting === undefined ? `${duration}ms` : `${duration / fitting[1]}${fitting[0]}`;
}

/** The longest first. */
const UNITS: ReadonlyMap<string, Duration> = new Map([
  ['d', 24 * HOUR],
  ['h', HOUR],
  ['m', MINUTE],
  ['s', SECOND],
  ['', SECOND],
  ['ms', 1],
]);
