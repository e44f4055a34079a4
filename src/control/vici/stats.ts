import type { ViciSection } from './message.ts';
import { section } from './section.ts';
import type { ViciStats } from './vici-api.ts';

/** Statistics as charon gives them, as far as there is something of the kind here. */
export function statsSection(stats: ViciStats, now: number): ViciSection {
  const { workers, ikeSas, memory } = stats;
  const none = { critical: 0, high: 0, medium: 0, low: 0 };
  return section({
    uptime: section({ running: duration(now - stats.startedAt), since: localTime(stats.startedAt) }),
    workers: section({
      total: workers.total,
      idle: workers.idle,
      active: section({ ...none, medium: workers.total - workers.idle }),
    }),
    queues: section(none),
    scheduled: stats.scheduled,
    ikesas: section({ total: ikeSas.total, 'half-open': ikeSas.halfOpen }),
    plugins: stats.plugins,
    mallinfo: section({ sbrk: memory.total, mmap: 0, used: memory.used, free: memory.total - memory.used }),
  });
}

/** In the largest unit of which there are at least two. */
function duration(milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  const [size, unit] = UNITS.find(([length]) => seconds >= 2 * length) ?? [1, 'second'];
  const count = Math.floor(seconds / size);
  return `${count} ${unit}${count === 1 ? '' : 's'}`;
}

const UNITS: readonly (readonly [seconds: number, unit: string])[] = [
  [86_400, 'day'],
  [3_600, 'hour'],
  [60, 'minute'],
];

/** `Nov 28 13:00:28 2026`, in the time zone of the machine. */
function localTime(wall: number): string {
  const date = new Date(wall);
  const [hours, minutes, seconds] = [date.getHours(), date.getMinutes(), date.getSeconds()].map(twoDigits);
  return `${MONTHS[date.getMonth()]} ${twoDigits(date.getDate())} ${hours}:${minutes}:${seconds} ${date.getFullYear()}`;
}

function twoDigits(value: number): string {
  return String(value).padStart(2, '0');
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
