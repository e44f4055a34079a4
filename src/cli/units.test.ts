import { describe, expect, it } from 'vitest';
import { counted, formatBytes, formatDuration } from './units.ts';

describe('units', () => {
  it('durations have at most two parts and are never negative', () => {
    const cases = [-5, 0, 499, 59_000, 60_000, 372_000, 3_600_000, 11_100_000, 86_400_000, 190_000_000];
    expect(cases.map(formatDuration)).toEqual(['0s', '0s', '0s', '59s', '1m', '6m 12s', '1h', '3h 5m', '1d', '2d 4h']);
  });

  it('bytes are binary multiples', () => {
    expect([0, 1_023, 1_024, 35_328, 1_288_490_189, 2 ** 60].map(formatBytes)).toEqual([
      '0 B',
      '1023 B',
      '1.0 KiB',
      '34.5 KiB',
      '1.2 GiB',
      '1024.0 PiB',
    ]);
  });

  it('nouns agree with their number', () => {
    expect([0, 1, 2].map((count) => counted(count, 'tunnel'))).toEqual(['0 tunnels', '1 tunnel', '2 tunnels']);
  });
});
