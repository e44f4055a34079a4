import { spawn } from 'node:child_process';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { EXIT, type ExitStatus } from '../../control/exit.ts';
import { type Context, describedCommand } from '../context.ts';
import { isolate } from '../demo/isolation.ts';
import { playOnLoopback } from '../demo/loopback.ts';
import { play } from '../demo/play.ts';
import { newKey } from '../new-key.ts';
import { PROGRAM } from '../program.ts';
import type { Terminal } from '../terminal.ts';
import { statusCommand, statusTable } from './status.ts';

type Options = {
  readonly seconds: number;
  /** Whether this is the process inside the namespaces. */
  readonly isolated?: true;
};

export function demoCommand(context: Context, finish: (status: ExitStatus) => void): Command {
  return describedCommand({
    usage: 'demo',
    summary: 'show two gateways on this machine, a tunnel between them, and traffic through it',
    examples: [
      ['', 'in network namespaces that are gone afterwards; takes less than a minute'],
      ['--seconds 20', 'with more traffic'],
    ],
    exits: [EXIT.ok, EXIT.failed, EXIT.usage],
  })
    .addOption(
      new Option('--seconds <seconds>', 'how long the tunnel is filled').default(3, '3').argParser(parseWholeSeconds),
    )
    .addOption(new Option('--isolated').hideHelp())
    .action(async (options: Options) => {
      finish(await (options.isolated ? playWithin(context, options) : playFromOutside(context, options)));
    });
}

function parseWholeSeconds(text: string): number {
  const seconds = Number(text);
  if (Number.isInteger(seconds) && seconds >= 1 && seconds <= 3_600) return seconds;
  throw new InvalidArgumentError('It must be a whole number of seconds from 1 to 3600.');
}

async function playFromOutside({ terminal, rehearse }: Context, options: Options): Promise<ExitStatus> {
  const isolation = await isolate(process.getuid?.() ?? 0);
  if ('argv' in isolation) return playInNamespaces(isolation.argv, terminal, options);
  const { refusal } = isolation;
  return playOnLoopback({
    terminal,
    key: newKey(),
    rehearse,
    refusal,
    statusTable: (tunnels) => statusTable(tunnels, terminal),
  });
}

/** Starts this command again where it may do as it likes, and ends all of it when it is told to end. */
async function playInNamespaces(
  isolation: readonly string[],
  terminal: Terminal,
  { seconds }: Options,
): Promise<ExitStatus> {
  const [program = '', ...args] = isolation;
  const again = [process.execPath, PROGRAM, 'demo', '--isolated', '--seconds', String(seconds)];
  // Its own process group: what Ctrl-C means is decided here alone.
  const child = spawn(program, [...args, ...again], { stdio: ['pipe', 'inherit', 'inherit'], detached: true });
  let stopped = false;
  const stop = (): void => {
    stopped = true;
    // The kernel ends all that is in the process namespace when its first process ends.
    child.kill('SIGKILL');
  };
  for (const signal of SIGNALS) process.on(signal, stop);
  try {
    const status = await new Promise<number | null>((resolve, reject) => {
      child.on('error', reject);
      child.on('close', resolve);
    });
    if (stopped) terminal.err('cygnet: stopped; nothing of the demo is left');
    return status === 0 ? EXIT.ok : EXIT.failed;
  } finally {
    for (const signal of SIGNALS) process.off(signal, stop);
  }
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

async function playWithin(context: Context, { seconds }: Options): Promise<ExitStatus> {
  // Whoever started us holds the other end of stdin: when that is gone, so are we.
  process.stdin.on('end', () => process.exit(EXIT.failed)).resume();
  try {
    return await play({
      terminal: context.terminal,
      key: newKey(),
      seconds,
      showStatus: async (controlPath) => {
        const status = statusCommand(context, () => undefined);
        await status.parseAsync(['--control', controlPath], { from: 'user' });
      },
    });
  } finally {
    process.stdin.destroy();
  }
}
