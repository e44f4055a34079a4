import { writeFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { strToU8, zipSync } from 'fflate';
import { EXIT, type ExitStatus } from '../../control/exit.ts';
import { type Context, controlClient, controlOption, describedCommand } from '../context.ts';
import { CliFailure } from '../failure.ts';
import { supportBundle } from '../support-bundle.ts';
import { counted } from '../units.ts';

type Options = { readonly output?: string; readonly json?: true; readonly control?: string };

export function supportBundleCommand({ terminal }: Context, finish: (status: ExitStatus) => void): Command {
  const command = describedCommand({
    usage: 'support-bundle',
    summary: 'collect all that helps to find a fault, without secrets, in one zip file',
    examples: [
      ['', 'into the present directory'],
      ['-o /tmp/cygnet.zip', 'into that file'],
    ],
    exits: [0, 1, 2, 4, 6],
  });
  return controlOption(command)
    .option('-o, --output <file>', 'the file to write; else cygnet-support-TIME.zip')
    .option('--json', 'print JSON')
    .action(async ({ output, json, ...options }: Options) => {
      const now = terminal.now();
      const bundle = await supportBundle(controlClient(options, terminal), now);
      const path = output ?? `cygnet-support-${new Date(now).toISOString().replaceAll(/[:-]|\.\d+/g, '')}.zip`;
      const files = Object.fromEntries([...bundle].map(([name, text]) => [name, strToU8(text)]));
      await write(path, zipSync(files, { mtime: now }));
      if (json) terminal.out(JSON.stringify({ bundle: path, files: [...bundle.keys()] }, null, 2));
      terminal.err(`${counted(bundle.size, 'file')} in ${path}; no secret is among them, names and addresses are`);
      finish(EXIT.ok);
    });
}

async function write(path: string, bytes: Uint8Array): Promise<void> {
  try {
    await writeFile(path, bytes, { mode: 0o600 });
  } catch (error) {
    throw new CliFailure(
      EXIT.failed,
      `cannot write ${path}: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}
