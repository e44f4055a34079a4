import type { Command } from 'commander';
import { EXIT, type ExitStatus } from '../../control/exit.ts';
import { type Context, clientCommand, controlClient } from '../context.ts';
import { CliFailure } from '../failure.ts';
import { table } from '../table.ts';
import type { Terminal } from '../terminal.ts';

type Options = {
  readonly format?: string;
  readonly reveal?: true;
  readonly listFormats?: true;
  readonly json?: true;
  readonly control?: string;
};

export function exportCommand({ terminal }: Context, finish: (status: ExitStatus) => void): Command {
  return clientCommand('export', 'export [tunnel]')
    .option('--format <format>', 'for what device or program')
    .option('--reveal', 'with the pre-shared key; else <secret> stands in its place')
    .option('--list-formats', 'tell the formats, and ask no daemon')
    .option('--json', 'print JSON')
    .action(async (tunnel: string | undefined, { format, reveal, listFormats, json, ...options }: Options) => {
      if (listFormats) {
        terminal.out(await formatsText(json ?? false, terminal));
        return finish(EXIT.ok);
      }
      if (tunnel === undefined) throw new CliFailure(EXIT.usage, 'export needs the name of a tunnel');
      if (format === undefined)
        throw new CliFailure(EXIT.usage, 'export needs --format; cygnet export --list-formats tells which there are');
      const request = { tunnel, format, ...(reveal ? { reveal: 'true' as const } : {}) };
      const report = await controlClient(options, terminal).call('export', request);
      terminal.out(json ? JSON.stringify(report, null, 2) : report.text.replace(/\n$/, ''));
      // Whoever sends the text into a file does not see what it says of itself.
      for (const obstacle of report.obstacles) terminal.err(`cannot work as it is: ${obstacle}`);
      finish(EXIT.ok);
    });
}

async function formatsText(json: boolean, { colour }: Terminal): Promise<string> {
  // Loaded only here: the daemon is what writes them.
  const { EXPORT_FORMATS } = await import('../../config/export/formats.ts');
  const rows = EXPORT_FORMATS.map(({ name, title }) => ({ name, title }));
  if (json) return JSON.stringify({ formats: rows }, null, 2);
  return table(
    ['FORMAT', 'FOR'],
    rows.map(({ name, title }) => [name, title]),
    colour,
  );
}
