import type { Command } from 'commander';
import type { ExitStatus } from '../../control/exit.ts';
import { connect } from '../connect.ts';
import { type Context, clientCommand, controlClient, timeoutOption } from '../context.ts';

export function restartCommand({ terminal }: Context, finish: (status: ExitStatus) => void): Command {
  return clientCommand(
    'restart',
    'restart <tunnel...>',
    'disconnect tunnels, connect them anew, and wait for the outcome',
  )
    .addOption(timeoutOption('how long to wait for the outcome'))
    .action(async (tunnels: string[], { timeout, ...options }: { timeout: number; control?: string }) => {
      const client = controlClient(options, terminal);
      finish(await connect({ client, terminal, command: 'restart', tunnels, timeout }));
    });
}
