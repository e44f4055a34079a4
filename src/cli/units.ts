/** `48s`, `6m 12s`, `3h 5m`, `2d 4h`; times to come and times past alike. */
export function formatDuration(milliseconds: number): string {
  const seconds = Math.max(0, Math.round(milliseconds / 1_000));
  for (const [unit, size, below, belowSize] of UNITS) {
    if (seconds < size) continue;
    const rest = Math.floor((seconds % size) / belowSize);
    return rest === 0 ? `${Math.floor(seconds / size)}${unit}` : `${Math.floor(seconds / size)}${unit} ${rest}${below}`;
  }
  return `${seconds}s`;
}

const UNITS = [
  ['d', 86_400, 'h', 3_600],
  ['h', 3_600, 'm', 60],
  ['m', 60, 's', 1],
] as const;

/** `512 B`, `34.5 KiB`, `1.2 GiB`. */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1_024 && unit < BYTE_UNITS.length - 1) {
    value /= 1_024;
    unit += 1;
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${BYTE_UNITS[unit]}`;
}

const BYTE_UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];

/** `1 tunnel`, `2 tunnels`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
