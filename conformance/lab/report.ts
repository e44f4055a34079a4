import type { Entry } from './catalogue.ts';
import { directoryOf, type Result } from './results.ts';

export type Totals = { readonly passed: number; readonly failed: number; readonly skipped: number };

export function totals(results: readonly Result[]): Totals {
  const count = (status: Result['status']) => results.filter((result) => result.status === status).length;
  return { passed: count('passed'), failed: count('failed'), skipped: count('skipped') };
}

export function closingLine({ passed, failed, skipped }: Totals): string {
  return `${passed} passed, ${failed} failed, ${skipped} skipped`;
}

export function resultLine({ name, status, seconds, reason }: Result): string {
  const line = `${status.padEnd(7)} ${name} (${seconds.toFixed(1)} s)`;
  return reason === undefined ? line : `${line}: ${reason.replace(/\s*\n\s*/g, ' | ')}`;
}

/** REPORT.md: what was shown, on which kernel, and where the logs of failures lie. */
export function reportText(entries: readonly Entry[], results: readonly Result[], backend: string): string {
  const byName = new Map(results.map((result) => [result.name, result]));
  const rows = entries.map((entry) => {
    const result = byName.get(entry.name);
    const cells = [
      entry.name,
      entry.title,
      entry.rfc.join(', '),
      result?.status ?? 'not run',
      result?.seconds.toFixed(1),
    ];
    return `| ${cells.map((cell) => String(cell ?? '').replace(/\|/g, '\\|')).join(' | ')} |`;
  });
  const failures = results
    .filter((result) => result.status === 'failed')
    .map((result) => `- ${result.name} (logs in \`${directoryOf(result.name)}/\`): ${result.reason}`);
  return [
    '# Conformance report',
    '',
    `Kernel: ${backend}. ${closingLine(totals(results))}.`,
    ...(failures.length > 0 ? ['', '## Failures', '', ...failures] : []),
    '',
    '## Scenarios',
    '',
    '| Scenario | What holds | RFC | Result | Seconds |',
    '|---|---|---|---|---|',
    ...rows,
    '',
  ].join('\n');
}
