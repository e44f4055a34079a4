import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { EXIT, type ExitStatus } from '../../control/exit.ts';
import { configure } from '../configure.ts';
import { type Context, clientCommand, controlClient } from '../context.ts';
import { CliFailure } from '../failure.ts';
import type { Terminal } from '../terminal.ts';

type Finish = (status: ExitStatus) => void;

export function planCommand(context: Context, finish: Finish): Command {
  return changing('plan', context, finish);
}

export function applyCommand(context: Context, finish: Finish): Command {
  return changing('apply', context, finish);
}

function changing(name: 'plan' | 'apply', { terminal }: Context, finish: Finish): Command {
  return clientCommand(name, name)
    .argument('[file]', "in the place of the daemon's configuration file; - for stdin; else that file as it is now")
    .option('--json', 'print JSON')
    .action(async (file: string | undefined, { json, ...options }: { json?: true; control?: string }) => {
      const text = file === undefined ? undefined : await textOf(file, terminal);
      const client = controlClient(options, terminal);
      const ask = () => client.call(name, text === undefined ? {} : { text });
      const named = file === undefined ? {} : { file };
      finish(await configure({ terminal, json: json === true, ask, dryRun: name === 'plan', ...named }));
    });
}

/** Read here, with the rights of whoever asks. */
async function textOf(file: string, terminal: Terminal): Promise<string> {
  if (file === '-') return terminal.input();
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new CliFailure(EXIT.failed, `${file} cannot be read (${(error as NodeJS.ErrnoException).code})`);
  }
}
