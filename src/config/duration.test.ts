import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatDuration, parseDuration } from './duration.ts';

describe('parseDuration', () => {
  it.each([
    ['8s', 8_000],
    ['24h', 86_400_000],
    ['86400', 86_400_000],
    ['15m', 900_000],
    ['1d', 86_400_000],
    ['500ms', 500],
    ['0', 0],
    ['', undefined],
    ['s', undefined],
    ['8 s', undefined],
    ['-8s', undefined],
    ['1.5h', undefined],
    ['8S', undefined],
    ['8x', undefined],
    ['1h30m', undefined],
    ['9'.repeat(13), undefined],
  ])('%j', (text, expected) => {
    expect(parseDuration(text)).toBe(expected);
  });
});

describe('formatDuration', () => {
  it('is the shortest exact form', () => {
    expect([86_400_000, 90_000, 3_600_000, 1_500, 0].map(formatDuration)).toEqual(['1d', '90s', '1h', '1500ms', '0ms']);
  });

  it('is read back as the same duration', () => {
    fc.assert(fc.property(fc.nat(), (duration) => parseDuration(formatDuration(duration)) === duration));
  });
});
