import { type Command, Option } from 'commander';
import type { ExitStatus } from '../../control/exit.ts';
import type { TunnelStatus } from '../../control/protocol.ts';
import { exitOf, tellEvent } from '../connect.ts';
import { type Context, clientCommand, controlClient, timeoutOption } from '../context.ts';
import { type Outcome, settle } from '../settle.ts';
import { printStatuses, STATUS_JSON } from '../status-json.ts';

type Options = { readonly child?: true; readonly timeout: number; readonly json?: true; readonly control?: string };

export function rekeyCommand({ terminal }: Context, finish: (status: ExitStatus) => void): Command {
  return clientCommand('rekey', 'rekey <tunnel...>')
    .addOption(new Option('--ike', 'the IKE SA, which is meant where nothing is said').conflicts('child'))
    .option('--child', 'all Child SAs')
    .addOption(timeoutOption('how long to wait for the successors'))
    .option(...STATUS_JSON)
    .action(async (tunnels: string[], { child, timeout, json, ...options }: Options) => {
      const client = controlClient(options, terminal);
      const what = child ? 'child' : 'ike';
      const { tunnels: before } = await client.call('status', { tunnel: tunnels });
      const old = new Set(before.flatMap((tunnel) => SPIS[what](tunnel)));
      const outcomes = await settle({
        client,
        tunnels,
        timeout,
        start: () => client.call('rekey', { tunnels, what }),
        judge: (tunnel) => judge(tunnel.name, SPIS[what](tunnel), old),
        onEvent: (event) => tellEvent(event, terminal),
        onOutcome: ({ name }, outcome) =>
          terminal.err(`${name}: ${outcome === 'done' ? 'rekeyed' : pendingText(name)}`),
      });
      if (json) await printStatuses(client, tunnels, terminal);
      finish(exitOf(outcomes));
    });
}

const SPIS = {
  ike: ({ name, ike }: TunnelStatus) => (ike === null ? [] : [`${name} ${ike.initiatorSpi} ${ike.responderSpi}`]),
  child: ({ name, children }: TunnelStatus) => children.map(({ spiIn }) => `${name} ${spiIn}`),
};

/** Each of the old ones may still be there to drain. */
function judge(name: string, spis: readonly string[], old: ReadonlySet<string>): Outcome {
  const due = [...old].filter((spi) => spi.startsWith(`${name} `)).length;
  const fresh = spis.filter((spi) => !old.has(spi)).length;
  return fresh > 0 && fresh >= due ? 'done' : 'pending';
}

function pendingText(name: string): string {
  return `its successors are not there yet; see: cygnet show ${name}`;
}
