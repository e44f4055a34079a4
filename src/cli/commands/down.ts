import type { Command } from 'commander';
import type { ExitStatus } from '../../control/exit.ts';
import type { TunnelStatus } from '../../control/protocol.ts';
import { exitOf } from '../connect.ts';
import { type Context, clientCommand, controlClient, timeoutOption } from '../context.ts';
import { Progress } from '../progress.ts';
import { type Outcome, settle } from '../settle.ts';
import { printStatuses, STATUS_JSON } from '../status-json.ts';

type Options = { readonly timeout: number; readonly json?: true; readonly control?: string };

export function downCommand({ terminal }: Context, finish: (status: ExitStatus) => void): Command {
  return clientCommand('down', 'down <tunnel...>')
    .addOption(timeoutOption('how long to wait until its SAs are gone'))
    .option(...STATUS_JSON)
    .action(async (tunnels: string[], { timeout, json, ...options }: Options) => {
      const client = controlClient(options, terminal);
      const progress = new Progress(terminal);
      const outcomes = await settle({
        client,
        tunnels,
        timeout,
        start: () => client.call('down', { tunnels }),
        judge,
        onEvent: (event) => progress.tell(event),
        onOutcome: (tunnel, outcome) => {
          progress.sumUp(tunnel.name);
          terminal.err(outcomeText(tunnel, outcome));
        },
      });
      if (json) await printStatuses(client, tunnels, terminal);
      finish(exitOf(outcomes));
    });
}

function judge({ ike, children }: TunnelStatus): Outcome {
  return ike === null && children.length === 0 ? 'done' : 'pending';
}

function outcomeText({ name }: TunnelStatus, outcome: Outcome): string {
  return outcome === 'done' ? `${name}: down` : `${name}: its SAs are not gone yet; see: cygnet show ${name}`;
}
