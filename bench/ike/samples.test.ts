import { describe, expect, it } from 'vitest';
import { reportTable } from './report.ts';
import { compare, type Sample } from './samples.ts';

const samples: readonly Sample[] = [
  { row: 'a, ms', kind: 'charon', value: 1 },
  { row: 'b, ms', kind: 'cygnet', value: 7 },
  { row: 'a, ms', kind: 'cygnet', value: 0.5004 },
  { row: 'a, ms', kind: 'charon', value: 3 },
  { row: 'a, ms', kind: 'charon', value: 1 },
  { row: 'c, ms', kind: 'charon', value: 0 },
  { row: 'c, ms', kind: 'cygnet', value: 10 },
];

describe('figures of charon and Cygnet', () => {
  it('runs become the median with minimum and maximum, and the ratio is of the medians', () => {
    const [a] = compare(samples);
    expect(a?.charon).toEqual({ runs: 3, median: 1, min: 1, max: 3 });
    expect(a?.ratio).toBeCloseTo(0.5004, 6);
  });

  it('there is no ratio where one was not measured, or takes less than can be measured', () => {
    expect(compare(samples).map(({ row, ratio }) => [row, ratio === undefined])).toEqual([
      ['a, ms', false],
      ['b, ms', true],
      ['c, ms', true],
    ]);
  });

  it('no ratio is told as a goal that it has missed', () => {
    expect(reportTable(compare(samples))).toContain('| a, ms | 1.00 (1.00 to 3.00) | 0.50 | 0.501 |');
  });
});
