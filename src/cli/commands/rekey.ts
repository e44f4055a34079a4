import { type Command, Option } from 'commander';
import type { ExitStatus } from '../../control/exit.ts';
import type { TunnelStatus } from '../../control/protocol.ts';
import { exitOf } from '../connect.ts';
import { type Context, clientCommand, controlClient, timeoutOption } from '../context.ts';
import { Progress } from '../progress.ts';
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
      const old = before.flatMap((tunnel) => SAS[what](tunnel));
      const progress = new Progress(terminal);
      const outcomes = await settle({
        client,
        tunnels,
        timeout,
        start: () => client.call('rekey', { tunnels, what }),
        judge: (tunnel) => judge(tunnel.name, SAS[what](tunnel), old),
        onEvent: (event) => progress.tell(event),
        onOutcome: ({ name }, outcome) => {
          progress.sumUp(name);
          terminal.err(`${name}: ${outcome === 'done' ? 'rekeyed' : pendingText(name)}`);
        },
      });
      if (json) await printStatuses(client, tunnels, terminal);
      finish(exitOf(outcomes));
    });
}

/** An SA of a tunnel, and what it is there for: its successor has another SPI in the same place. */
type PlacedSa = { readonly tunnel: string; readonly place: string; readonly spi: string };

const SAS = {
  ike: ({ name, ike }: TunnelStatus): PlacedSa[] =>
    ike === null ? [] : [{ tunnel: name, place: 'ike', spi: `${ike.initiatorSpi} ${ike.responderSpi}` }],
  child: ({ name, children }: TunnelStatus): PlacedSa[] =>
    children.map(({ spiIn, localSubnets, remoteSubnets }) => ({
      tunnel: name,
      place: `${localSubnets} ${remoteSubnets}`,
      spi: spiIn,
    })),
};

/** Those of before may still be there to drain, several in one place. */
function judge(name: string, sas: readonly PlacedSa[], before: readonly PlacedSa[]): Outcome {
  const old = before.filter(({ tunnel }) => tunnel === name);
  const fresh = sas.filter(({ spi }) => !old.some((sa) => sa.spi === spi));
  return fresh.length > 0 && placesOf(fresh) >= placesOf(old) ? 'done' : 'pending';
}

function placesOf(sas: readonly PlacedSa[]): number {
  return new Set(sas.map(({ place }) => place)).size;
}

function pendingText(name: string): string {
  return `its successors are not there yet; see: cygnet show ${name}`;
}
