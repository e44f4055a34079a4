import { existsSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Command } from 'commander';
import { printable } from '../../base/printable.ts';
import type { Imported } from '../../config/import/import.ts';
import { formatProblem } from '../../config/problem.ts';
import { EXIT, type ExitStatus } from '../../control/exit.ts';
import { type Context, describedCommand } from '../context.ts';
import { CliFailure } from '../failure.ts';
import type { Terminal } from '../terminal.ts';
import { counted } from '../units.ts';

type Options = { readonly secrets?: string; readonly output?: string; readonly reveal?: true };

/** Reads and writes files, and asks no daemon. */
export function importCommand({ terminal }: Context, finish: (status: ExitStatus) => void): Command {
  return describedCommand({
    usage: 'import <file>',
    summary: "turn another daemon's configuration (ipsec.conf, swanctl.conf) into Cygnet's",
    examples: [
      ['/etc/swanctl/swanctl.conf', 'print it, without the keys'],
      ['/etc/ipsec.conf -o /etc/cygnet/cygnet.yaml', 'write it, and a file for each key beside it'],
      ['ipsec.conf --secrets keys --reveal', 'print it with the keys in it'],
    ],
    exits: [EXIT.ok, EXIT.failed, EXIT.usage, EXIT.configurationInvalid],
  })
    .option('--secrets <file>', 'where the keys of an ipsec.conf are; else in the ipsec.secrets beside it')
    .option('-o, --output <file>', 'write it there, and each key into a file beside it; none of them may exist yet')
    .option('--reveal', 'put the keys into the configuration itself')
    .action(async (file: string, options: Options) => {
      const { importConfiguration } = await import('../../config/import/import.ts');
      const { systemHost } = await import('../../config/host.ts');
      const host = { ...systemHost, environment: terminal.env };
      const result = importConfiguration(file, host, { secrets: options.secrets, reveal: options.reveal ?? false });
      const problems = 'errors' in result ? result.errors : result.notes;
      for (const problem of problems) terminal.err(printable(formatProblem(problem), 4_096));
      if ('errors' in result) return finish(EXIT.configurationInvalid);
      if (options.output === undefined) print(result, terminal);
      else write(result, options.output);
      terminal.err(
        `imported ${counted(result.tunnels, 'tunnel')} from ${file}; ${counted(result.notes.length, 'note')}`,
      );
      finish(EXIT.ok);
    });
}

function print({ text, keys }: Imported, terminal: Terminal): void {
  terminal.out(text.trimEnd());
  const names = keys.map(({ name }) => name).join(', ');
  if (names !== '')
    terminal.err(`the keys are not shown: they belong into ${names}; -o writes them, --reveal shows them`);
}

/** For their owner alone, and never over what is there. */
function write({ text, keys }: Imported, output: string): void {
  const files = [
    { path: output, text },
    ...keys.map((key) => ({ path: join(dirname(output), key.name), text: key.text })),
  ];
  const taken = files.find(({ path }) => existsSync(path));
  if (taken !== undefined) throw new CliFailure(EXIT.failed, `${taken.path} is there already; nothing was written`);
  for (const file of files) writeFileSync(file.path, file.text, { mode: 0o600, flag: 'wx' });
}
