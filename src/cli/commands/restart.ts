import type { Command } from 'commander';
import type { ExitStatus } from '../../control/exit.ts';
import { connect } from '../connect.ts';
import { type Context, clientCommand, controlClient, timeoutOption } from '../context.ts';
import { printStatuses, STATUS_JSON } from '../status-json.ts';

type Options = { readonly timeout: number; readonly json?: true; readonly control?: string };

export function restartCommand({ terminal }: Context, finish: (status: ExitStatus) => void): Command {
  return clientCommand(
    'restart',
    'restart <tunnel...>',
    'disconnect tunnels, connect them anew, and wait for the outcome',
  )
    .addOption(timeoutOption('how long to wait for the outcome'))
    .option(...STATUS_JSON)
    .action(async (tunnels: string[], { timeout, json, ...options }: Options) => {
      const client = controlClient(options, terminal);
      const exit = await connect({ client, terminal, command: 'restart', tunnels, timeout });
      if (json) await printStatuses(client, tunnels, terminal);
      finish(exit);
    });
}
