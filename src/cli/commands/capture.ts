import { createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import type { Command } from 'commander';
import { ControlClientError } from '../../control/client-error.ts';
import { EXIT, type ExitStatus } from '../../control/exit.ts';
import { type Context, clientCommand, controlClient, parseSeconds } from '../context.ts';
import { CliFailure } from '../failure.ts';

type Options = {
  readonly output: string /** Milliseconds. */;
  readonly seconds?: number;
  readonly json?: true;
  readonly control?: string;
};

export function captureCommand({ terminal }: Context, finish: (status: ExitStatus) => void): Command {
  return clientCommand('capture', 'capture <tunnel>')
    .requiredOption('-o, --output <file>', 'the file to write')
    .option('--seconds <seconds>', 'end by itself after so long', parseSeconds)
    .option('--json', 'print JSON')
    .action(async (tunnel: string, { output, seconds, json, ...options }: Options) => {
      const end = new AbortController();
      const stop = () => end.abort();
      process.once('SIGINT', stop);
      const timer = seconds === undefined ? undefined : setTimeout(stop, seconds);
      try {
        const pieces = await controlClient(options, terminal).capture(tunnel, end.signal);
        terminal.err(seconds === undefined ? `recording ${tunnel}; Ctrl-C ends it` : `recording ${tunnel}`);
        const bytes = await write(pieces, output);
        if (json) terminal.out(JSON.stringify({ capture: output, bytes }, null, 2));
        else terminal.err(`${bytes} bytes in ${output}`);
      } finally {
        clearTimeout(timer);
        process.removeListener('SIGINT', stop);
      }
      finish(EXIT.ok);
    });
}

/** Returns how many bytes it was. */
async function write(pieces: AsyncIterable<Uint8Array>, path: string): Promise<number> {
  const file = createWriteStream(path, { mode: 0o600 });
  try {
    await pipeline(pieces, file);
  } catch (error) {
    if (error instanceof ControlClientError) throw error;
    throw new CliFailure(
      EXIT.failed,
      `cannot write ${path}: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
  return file.bytesWritten;
}
