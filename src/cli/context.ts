import { Command, InvalidArgumentError, Option } from 'commander';
import { ControlClient } from '../control/client.ts';
import { COMMANDS } from '../control/commands.ts';
import { EXIT_TEXT, type ExitStatus } from '../control/exit.ts';
import { SHAPES_DIGEST } from '../control/shapes-digest.ts';
import type { Rehearse, StartDaemon } from './ports.ts';
import type { Terminal } from './terminal.ts';

/** What every command gets. */
export type Context = {
  readonly terminal: Terminal;
  readonly startDaemon: StartDaemon;
  readonly rehearse: Rehearse;
};

type CommandSpec = {
  /** With its arguments: `up <tunnel...>`. */
  readonly usage: string;
  readonly summary: string;
  readonly examples: readonly (readonly [args: string, meaning: string])[];
  readonly exits: readonly ExitStatus[];
};

export const DEFAULT_CONTROL = '/run/cygnet/control.sock';
export const DEFAULT_CONFIG = '/etc/cygnet/cygnet.yaml';
export const DEFAULT_VICI = '/run/cygnet/vici.sock';
export const DEFAULT_STATE = '/var/lib/cygnet';

/** A command with its summary, and its examples and exit statuses below its help. */
export function describedCommand({ usage, summary, examples, exits }: CommandSpec): Command {
  const [name = '', ...args] = usage.split(' ');
  const calls = examples.map(([args, meaning]) => [`  cygnet ${name} ${args}`.trimEnd(), meaning] as const);
  const width = Math.max(0, ...calls.map(([call]) => call.length).filter(fits)) + 2;
  const lines = [
    '',
    'Examples:',
    ...calls.map(([call, meaning]) =>
      fits(call.length) ? `${call.padEnd(width)}${meaning}` : `${call}\n      ${meaning}`,
    ),
    '',
    'Exit status:',
    ...exits.map((exit) => `  ${exit}  ${EXIT_TEXT[exit]}`),
  ];
  const description = `${summary.slice(0, 1).toUpperCase()}${summary.slice(1)}.`;
  const command = new Command(name).summary(summary).description(description).addHelpText('after', lines.join('\n'));
  return args.length === 0 ? command : command.arguments(args.join(' '));
}

/** Whether what a call means has room behind it. */
function fits(length: number): boolean {
  return length <= 70;
}

/** A command of the control API, by its row of the table. */
export function clientCommand(
  name: keyof typeof COMMANDS,
  usage: string,
  summary: string = COMMANDS[name].summary,
): Command {
  const { examples, exits } = COMMANDS[name];
  return controlOption(describedCommand({ usage, summary, examples, exits }));
}

/** The option of whatever asks the daemon. */
export function controlOption(command: Command): Command {
  return command.option(
    '--control <socket>',
    `the daemon's control socket; else $CYGNET_CONTROL, else ${DEFAULT_CONTROL}`,
  );
}

export function controlPath(option: string | undefined, { env }: Terminal): string {
  return option ?? (env.CYGNET_CONTROL || DEFAULT_CONTROL);
}

export function controlClient(options: { control?: string }, terminal: Terminal): ControlClient {
  return new ControlClient({ path: controlPath(options.control, terminal), shapes: SHAPES_DIGEST });
}

/** `--timeout SECONDS`; its value is in milliseconds. */
export function timeoutOption(description: string): Option {
  return new Option('--timeout <seconds>', description).default(60_000, '60').argParser(parseSeconds);
}

/** A number of seconds, as milliseconds. */
export function parseSeconds(text: string): number {
  const seconds = Number(text);
  if (text.trim() === '' || !Number.isFinite(seconds) || seconds <= 0 || seconds > 86_400) {
    throw new InvalidArgumentError('It must be a number of seconds above 0, at most 86400.');
  }
  return seconds * 1_000;
}
