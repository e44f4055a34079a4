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

type Options = { readonly secrets?: string; readonly output?: string; readonly reveal?: true; readonly json?: true };

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
    .option('--json', 'print JSON: what was made of the file, and the notes with their places')
    .action(async (file: string, options: Options) => {
      const { importConfiguration } = await import('../../config/import/import.ts');
      const { systemHost } = await import('../../config/host.ts');
      const host = { ...systemHost, variable: (name: string) => terminal.env[name] };
      const result = importConfiguration(file, host, { secrets: options.secrets, reveal: options.reveal ?? false });
      const problems = 'errors' in result ? result.errors : result.notes;
      for (const problem of problems) terminal.err(printable(formatProblem(problem), 4_096));
      if ('errors' in result) return finish(EXIT.configurationInvalid);
      if (options.output !== undefined) write(result, options.output);
      else if (!options.json) print(result, terminal);
      if (options.json) terminal.out(JSON.stringify(reportOf(result, options.output), null, 2));
      terminal.err(
        `imported ${counted(result.tunnels, 'tunnel')} from ${file}; ${counted(result.notes.length, 'note')}`,
      );
      finish(EXIT.ok);
    });
}

/** The text only where it is not in a file; never a key that was not asked for. */
function reportOf({ text, keys, tunnels, notes }: Imported, output: string | undefined): object {
  const told = notes.map(({ file, line, column, severity, message }) => ({ file, line, column, severity, message }));
  const made = output === undefined ? { configuration: text } : { file: output };
  return { tunnels, ...made, keyFiles: keys.map(({ name }) => name), notes: told };
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
