import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ReplayWindow } from './replay-window.ts';

const SUBSPACE = 2 ** 32;

/** What RFC 4303 §3.4.3 and appendix A2.3 say, word for word and with no regard to cost. */
class NaiveWindow {
  readonly #seen = new Set<number>();
  readonly #size: number;
  readonly #esn: boolean;
  #top: number;

  constructor(size: number, esn: boolean, top: number) {
    this.#size = size;
    this.#esn = esn;
    this.#top = top;
  }

  number(low: number): number {
    if (!this.#esn) return low;
    const topLow = this.#top % SUBSPACE;
    const topHigh = Math.floor(this.#top / SUBSPACE);
    const bottomLow = (topLow - this.#size + 1 + SUBSPACE) % SUBSPACE;
    const high = topLow >= this.#size - 1 ? topHigh + (low >= bottomLow ? 0 : 1) : topHigh - (low >= bottomLow ? 1 : 0);
    return high * SUBSPACE + low;
  }

  take(low: number): boolean {
    const number = this.number(low);
    if (number <= 0 || number <= this.#top - this.#size || this.#seen.has(number)) return false;
    this.#seen.add(number);
    this.#top = Math.max(this.#top, number);
    return true;
  }
}

/** Steps of all sizes from the number before: near the window's edges, far ahead, far behind. */
const steps = fc.array(
  fc.oneof(
    { weight: 5, arbitrary: fc.integer({ min: -10, max: 10 }) },
    { weight: 3, arbitrary: fc.integer({ min: -200, max: 200 }) },
    { weight: 1, arbitrary: fc.integer({ min: -100_000, max: 100_000 }) },
    { weight: 1, arbitrary: fc.integer({ min: 0, max: 0x7fff_ffff }) },
  ),
  { minLength: 1, maxLength: 200 },
);
const sizes = fc.constantFrom(1, 31, 32, 33, 63, 64, 96, 128, 1000, 4096);

describe.each([
  { name: 'without ESN from the start', esn: false, starts: fc.constant(0) },
  { name: 'without ESN to the end', esn: false, starts: fc.integer({ min: SUBSPACE - 10_000, max: SUBSPACE - 1 }) },
  { name: 'with ESN from the start', esn: true, starts: fc.constant(0) },
  {
    name: 'with ESN around the end of a subspace',
    esn: true,
    starts: fc
      .tuple(fc.constantFrom(1, 2, 3, 0x10_0000), fc.integer({ min: -300, max: 300 }))
      .map(([subspace, offset]) => subspace * SUBSPACE + offset),
  },
])('$name', ({ esn, starts }) => {
  test('the window takes what the naive model takes, with the same whole numbers', () => {
    fc.assert(
      fc.property(sizes, starts, steps, (size, start, moves) => {
        const window = new ReplayWindow(size, esn, start);
        const model = new NaiveWindow(size, esn, start);
        let number = start;
        for (const move of moves) {
          number = Math.max(0, number + move);
          const low = number % SUBSPACE;
          const high = Math.floor(model.number(low) / SUBSPACE);
          const fresh = window.isFresh(low | 0);
          expect([window.high, fresh]).toEqual([high, model.take(low)]);
          if (fresh) window.accept();
        }
      }),
      { numRuns: 300 },
    );
  });

  test('asking moves nothing', () => {
    fc.assert(
      fc.property(sizes, starts, steps, (size, start, moves) => {
        const window = new ReplayWindow(size, esn, start);
        const low = ((start + 1) % SUBSPACE) | 0;
        const before = window.isFresh(low);
        for (const move of moves) window.isFresh(move);
        expect(window.isFresh(low)).toBe(before);
      }),
      { numRuns: 50 },
    );
  });
});

test('the number 0 is never taken, nor one before the first', () => {
  expect(new ReplayWindow(64, false).isFresh(0)).toBe(false);
  expect(new ReplayWindow(64, true).isFresh(0)).toBe(false);
  expect(new ReplayWindow(64, true).isFresh(-1)).toBe(false);
});

test('a window of size 0 takes everything twice, and follows ESN in both directions', () => {
  const window = new ReplayWindow(0, true, SUBSPACE - 5);
  const highs = [SUBSPACE - 4, 3, 3, SUBSPACE - 4, SUBSPACE - 100_000].map((low) => {
    expect(window.isFresh(low | 0)).toBe(true);
    window.accept();
    return window.high;
  });
  expect(highs).toEqual([0, 1, 1, 0, 0]);
});
