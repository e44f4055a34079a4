import type { Summary } from './results.ts';

/** A table for each suite: a line for each load, with all contenders, and how the others compare with the first one. */
export function reportText(summaries: readonly Summary[]): string {
  const suites = [...new Set(summaries.map(({ suite }) => suite))];
  return suites
    .map((suite) =>
      suiteText(
        suite,
        summaries.filter((summary) => summary.suite === suite),
      ),
    )
    .join('\n');
}

const HEADING = [
  'load',
  'gateways',
  'Mbit/s best',
  'median',
  'ratio',
  'CPU s/GB',
  'CPU us/packet',
  'lost or sent again',
];

function suiteText(suite: string, summaries: readonly Summary[]): string {
  const loads = [...new Set(summaries.map(({ load }) => load))];
  const rows = loads.flatMap((load) => {
    const group = summaries.filter((summary) => summary.load === load);
    const [reference] = group;
    return group.map((summary, index) => rowOf(summary, index === 0 ? undefined : reference));
  });
  return `${suite}\n${columns([HEADING, ...rows])}\n`;
}

function rowOf(summary: Summary, reference: Summary | undefined): string[] {
  const { load, contender, best, median, cpuPerGigabyte, cpuPerPacket, retransmits, loss } = summary;
  return [
    load,
    contender,
    megabits(best),
    megabits(median),
    reference === undefined ? '' : `${(best / reference.best).toFixed(2)}x`,
    cpuPerGigabyte.toFixed(1),
    cpuPerPacket === undefined ? '' : cpuPerPacket.toFixed(1),
    loss === undefined ? `${retransmits ?? 0} segments` : `${(loss * 100).toFixed(1)} %`,
  ];
}

function megabits(rate: number): string {
  return (rate / 1e6).toFixed(rate < 100e6 ? 1 : 0);
}

function columns(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, index) => Math.max(...rows.map((row) => row[index]?.length ?? 0)));
  // Words to the left, numbers to the right.
  return rows
    .map((row) =>
      row.map((cell, i) => (i < 2 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join('  '),
    )
    .map((line) => line.trimEnd())
    .join('\n');
}
