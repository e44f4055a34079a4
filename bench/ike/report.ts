import type { Comparison, Spread } from './samples.ts';

/** The rows as a table of Markdown: medians, with minimum and maximum, and the ratio. */
export function reportTable(comparisons: readonly Comparison[]): string {
  const lines = comparisons.map(({ row, charon, cygnet, ratio }) =>
    cells([row, spread(charon), spread(cygnet), ratio === undefined ? '' : ratioText(ratio)]),
  );
  return [cells(['what', 'charon', 'Cygnet', 'Cygnet / charon']), cells(['---', '---', '---', '---']), ...lines].join(
    '\n',
  );
}

function spread(one: Spread | undefined): string {
  if (one === undefined) return '';
  const text = figure(one.median);
  return one.runs === 1 ? text : `${text} (${figure(one.min)} to ${figure(one.max)})`;
}

function figure(value: number): string {
  return value.toFixed(Math.abs(value) < 10 ? 2 : Math.abs(value) < 100 ? 1 : 0);
}

/** Rounded up, so that no goal looks reached that is not. */
function ratioText(ratio: number): string {
  return (Math.ceil(ratio * 1_000) / 1_000).toFixed(3);
}

function cells(texts: readonly string[]): string {
  return `| ${texts.join(' | ')} |`;
}
