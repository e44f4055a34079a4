import { buffer } from 'node:stream/consumers';

/** What the command line reaches of the process, so that a test can stand in its place. */
export type Terminal = {
  /** Data: whole lines. */
  readonly out: (text: string) => void;
  /** Talk: whole lines. */
  readonly err: (text: string) => void;
  /** All of stdin, as text. */
  readonly input: () => Promise<string>;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Whether stdout is a terminal that shows colours. */
  readonly colour: boolean;
  /** Wall clock, milliseconds since 1970. */
  readonly now: () => number;
};

export function processTerminal(): Terminal {
  for (const stream of [process.stdout, process.stderr]) stream.on('error', endForClosedPipe);
  return {
    out: (text) => void process.stdout.write(`${text}\n`),
    err: (text) => void process.stderr.write(`${text}\n`),
    input: async () => (await buffer(process.stdin)).toString('utf8'),
    env: process.env,
    colour: process.stdout.isTTY === true && !process.env.NO_COLOR && process.env.TERM !== 'dumb',
    now: () => Date.now(),
  };
}

/** `cygnet list | head`: whoever reads has seen enough, and that is no failure. */
function endForClosedPipe(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
}
