import { appendFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Command } from 'commander';
import { EXIT, type ExitStatus } from '../../control/exit.ts';
import type { KeyLogReport } from '../../control/observing-shapes.ts';
import { type Context, clientCommand, controlClient } from '../context.ts';
import { counted } from '../units.ts';

type Options = { readonly output?: string; readonly json?: true; readonly control?: string };

export function keylogCommand({ terminal }: Context, finish: (status: ExitStatus) => void): Command {
  return clientCommand('keylog', 'keylog <tunnel>')
    .option('-o, --output <directory>', "where to add to Wireshark's files instead of printing")
    .option('--json', 'print JSON')
    .action(async (tunnel: string, { output, json, ...options }: Options) => {
      const report = await controlClient(options, terminal).call('keylog', { tunnel });
      for (const note of report.notes) terminal.err(note);
      if (output !== undefined) await write(report, output);
      else if (json) terminal.out(JSON.stringify(report, null, 2));
      else print(report);
      finish(EXIT.ok);
    });

  async function write(report: KeyLogReport, directory: string): Promise<void> {
    await mkdir(directory, { recursive: true });
    for (const name of FILES) {
      if (report[name].length === 0) continue;
      // Whoever may read it may read what was said.
      await appendFile(join(directory, name), `${report[name].join('\n')}\n`, { mode: 0o600 });
      terminal.err(`${counted(report[name].length, 'line')} added to ${join(directory, name)}`);
    }
  }

  function print(report: KeyLogReport): void {
    for (const name of FILES) if (report[name].length > 0) terminal.out([`# ${name}`, ...report[name]].join('\n'));
  }
}

const FILES = ['ikev1_decryption_table', 'ikev2_decryption_table'] as const;
