import type { Command } from 'commander';
import { EXIT, type ExitStatus } from '../../control/exit.ts';
import { type Context, clientCommand, controlClient } from '../context.ts';

export function metricsCommand({ terminal }: Context, finish: (status: ExitStatus) => void): Command {
  return clientCommand('metrics', 'metrics').action(async (options: { control?: string }) => {
    terminal.out((await controlClient(options, terminal).call('metrics', {})).trimEnd());
    finish(EXIT.ok);
  });
}
