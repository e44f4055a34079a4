import { median } from '../throughput/results.ts';
import type { Kind } from './responders.ts';

/** One figure of one run. */
export type Sample = {
  /** What was measured, with its unit. */
  readonly row: string;
  readonly kind: Kind;
  readonly value: number;
};

export type Spread = {
  readonly runs: number;
  readonly median: number;
  readonly min: number;
  readonly max: number;
};

/** One row of the table; a side that was not measured is absent. */
export type Comparison = {
  readonly row: string;
  readonly charon?: Spread;
  readonly cygnet?: Spread;
  /** Of the medians, Cygnet's to charon's; absent where charon's is below what can be measured. */
  readonly ratio?: number;
};

/** In the order in which the rows came first. */
export function compare(samples: readonly Sample[]): Comparison[] {
  return [...new Set(samples.map(({ row }) => row))].map((row) => {
    const of = (kind: Kind): Spread | undefined =>
      spreadOf(samples.filter((sample) => sample.row === row && sample.kind === kind).map(({ value }) => value));
    const charon = of('charon');
    const cygnet = of('cygnet');
    return {
      row,
      ...(charon === undefined ? {} : { charon }),
      ...(cygnet === undefined ? {} : { cygnet }),
      ...(charon === undefined || cygnet === undefined || charon.median === 0
        ? {}
        : { ratio: cygnet.median / charon.median }),
    };
  });
}

function spreadOf(values: readonly number[]): Spread | undefined {
  if (values.length === 0) return undefined;
  return { runs: values.length, median: median(values), min: Math.min(...values), max: Math.max(...values) };
}
