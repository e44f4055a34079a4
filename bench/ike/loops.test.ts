import { describe, expect, it } from 'vitest';
import { closedLoop, openLoop } from './loops.ts';

describe('what a generator does', () => {
  it('closed: never more than so many at once, and each once', async () => {
    const done: number[] = [];
    let now = 0;
    let most = 0;
    const { latencies, failed } = await closedLoop([1, 2, 3, 4, 5, 6], 2, async (item) => {
      most = Math.max(most, ++now);
      await new Promise((resolve) => setImmediate(resolve));
      now -= 1;
      return done.push(item);
    });
    expect({ most, failed, done: done.toSorted() }).toEqual({ most: 2, failed: 0, done: [1, 2, 3, 4, 5, 6] });
    expect(latencies.length).toBe(6);
  });

  it('open: the next one begins although none has ended', async () => {
    const begun: number[] = [];
    let release: (value: number) => void = () => undefined;
    const held = new Promise<number>((resolve) => {
      release = resolve;
    });
    const outcome = openLoop([1, 2, 3], 1_000, (item) => {
      if (begun.push(item) === 3) release(9);
      return held;
    });
    expect((await outcome).latencies).toEqual([9, 9, 9]);
  });

  it('what fails is counted, and each reason told once', async () => {
    const outcome = await closedLoop([1, 2, 3], 1, (item) =>
      item === 2 ? Promise.resolve(1) : Promise.reject(new Error('refused')),
    );
    expect(outcome).toMatchObject({ latencies: [1], failed: 2, failures: ['refused'] });
  });
});
