import type { Command } from 'commander';
import { printable } from '../../base/printable.ts';
import { EXIT, type ExitStatus } from '../../control/exit.ts';
import type { Diagnosis } from '../../control/protocol.ts';
import { type Context, clientCommand, controlClient } from '../context.ts';
import { block, type Style, styled } from '../table.ts';
import type { Terminal } from '../terminal.ts';
import { STATE } from '../tunnel-text.ts';

export function diagnoseCommand({ terminal }: Context, finish: (status: ExitStatus) => void): Command {
  return clientCommand('diagnose', 'diagnose <tunnel>')
    .option('--no-ask', 'send nothing to the peer, not even a question for its IKE version or with a large packet')
    .option('--json', 'print JSON')
    .action(async (tunnel: string, options: { ask: boolean; json?: true; control?: string }) => {
      const request = options.ask ? { tunnel } : { tunnel, ask: 'false' as const };
      const diagnosis = await controlClient(options, terminal).call('diagnose', request);
      terminal.out(options.json ? JSON.stringify(diagnosis, null, 2) : diagnosisText(diagnosis, terminal));
      finish(STATE[diagnosis.connectionStatus].isDown ? EXIT.tunnelDown : EXIT.ok);
    });
}

function diagnosisText(diagnosis: Diagnosis, { colour }: Terminal): string {
  const { tunnel, connectionStatus, verdict, severity, evidence, configuration, fixHere, fixThere, faq } = diagnosis;
  const state = styled(STATE[connectionStatus].text, STYLES[severity] ?? 'plain', colour);
  return block(`${printable(tunnel)}: ${state}: ${printable(verdict)}`, [
    ...lines('seen', evidence),
    ...diagnosis.comparisons.flatMap(comparisonRows),
    ...lines('checked', rowsOfThree(diagnosis.checks.map(({ state: mark, text }) => `${MARKS[mark] ?? '·'} ${text}`))),
    ['fix here', fixHere],
    ['fix there', fixThere],
    ...lines('where', configuration.map(placeText)),
    ['FAQ', faq.join(', ')],
  ]);
}

const STYLES: Readonly<Record<Diagnosis['severity'], Style>> = {
  fine: 'good',
  waiting: 'busy',
  doubtful: 'busy',
  broken: 'bad',
};

const MARKS: Readonly<Record<Diagnosis['checks'][number]['state'], string>> = {
  passed: '✔',
  failed: '✖',
  suspect: '?',
  unknown: '·',
  'not-reached': '–',
};

type Row = readonly [key: string, value: string];

/** The key stands before the first of them. */
function lines(key: string, texts: readonly string[]): Row[] {
  return texts.map((text, index) => [index === 0 ? key : '', text]);
}

function comparisonRows({ what, here, peer, difference }: Diagnosis['comparisons'][number]): Row[] {
  const theirs = peer === null ? '(not told)' : peer.join(', ');
  return lines(what, [
    `here: ${here.join(', ')}`,
    `peer: ${theirs}`,
    ...(difference === null ? [] : [`difference: ${difference}`]),
  ]);
}

function rowsOfThree(texts: readonly string[]): string[] {
  const rows: string[] = [];
  for (let index = 0; index < texts.length; index += 3) rows.push(texts.slice(index, index + 3).join('  '));
  return rows;
}

function placeText({ key, written, file, line, column }: Diagnosis['configuration'][number]): string {
  return `${key} (${file}:${line}:${column}${written ? '' : ', where it is not set'})`;
}
