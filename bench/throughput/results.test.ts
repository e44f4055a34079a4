import { describe, expect, it } from 'vitest';
import { parseProcessTime } from './process-time.ts';
import { reportText } from './report.ts';
import { median, type Sample, summarize } from './results.ts';

const sample = (contender: string, rate: number, more: Partial<Sample> = {}): Sample => {
  const cpu = { a: 1, b: 0.5 };
  return {
    contender,
    suite: 'aes128-sha1',
    load: 'UDP 64 x1',
    rate,
    bytes: 1e8,
    cpu,
    packets: 1e5,
    loss: 0.1,
    ...more,
  };
};

describe('the figures of a benchmark', () => {
  it('repetitions become the best and the median, per payload and per packet that arrived', () => {
    const [only, ...more] = summarize([sample('x', 3e6), sample('x', 1e6), sample('x', 2e6)]);
    expect(more).toEqual([]);
    expect(only).toMatchObject({ runs: 3, best: 3e6, median: 2e6, cpuPerGigabyte: 15, cpuPerPacket: 15, loss: 0.1 });
  });

  it('a median of an even number is between the two in the middle, and of nothing is none', () => {
    expect(median([4, 1, 3, 2])).toBe(2.5);
    expect(median([])).toBeNaN();
  });

  it('each is compared with the first of the same suite and load', () => {
    const others = { load: 'TCP x1', suite: 'aes128gcm16' };
    const text = reportText(summarize([sample('x', 2e6), sample('y', 5e6), sample('y', 9e9, others)]));
    expect(text).toMatch(/^UDP 64 x1 +y +5.0 +5.0 +2.50x/m);
    expect(text).toMatch(/^UDP 64 x1 +x +2.0 +2.0 +15.0/m);
    expect(text).toMatch(/^TCP x1 +y +9000 +9000 +15.0/m);
  });

  it('the time of a process is read behind its name, whatever that is', () => {
    expect(parseProcessTime('12 (a) b (c) S 1 12 12 0 -1 4194560 100 0 0 0 250 50 9 9 20 0 11 0')).toBe(3);
  });
});
