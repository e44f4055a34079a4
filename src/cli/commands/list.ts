import { Argument, type Command } from 'commander';
import { EXIT, type ExitStatus } from '../../control/exit.ts';
import {
  type GatewayRow,
  LIST_KINDS,
  type ListKind,
  type ListReport,
  type PeerRow,
  type TunnelStatus,
} from '../../control/protocol.ts';
import { type Context, clientCommand, controlClient } from '../context.ts';
import { type Cell, table } from '../table.ts';
import { noteOf, STATE } from '../tunnel-text.ts';
import { counted } from '../units.ts';

export function listCommand({ terminal }: Context, finish: (status: ExitStatus) => void): Command {
  return clientCommand('list', 'list')
    .addArgument(new Argument('<kind>', 'what to list').choices(LIST_KINDS))
    .argument('[query...]', 'words that must all occur in a name, address, label or remark')
    .option('--json', 'print JSON')
    .action(async (kind: ListKind, words: string[], options: { json?: true; control?: string }) => {
      const query = words.join(' ');
      const report = await controlClient(options, terminal).call('list', query === '' ? { kind } : { kind, query });
      if (options.json) terminal.out(JSON.stringify(report, null, 2));
      else tell(kind, report, query);
      finish(EXIT.ok);
    });

  function tell(kind: ListKind, report: ListReport, query: string): void {
    const { heading, rows } = TABLES[kind](report, terminal.now());
    if (rows.length > 0) terminal.out(table(heading, rows, terminal.colour));
    terminal.err(`${counted(rows.length, kind.slice(0, -1))}${query === '' ? '' : ` with ${JSON.stringify(query)}`}`);
  }
}

type Table = { readonly heading: readonly string[]; readonly rows: readonly (readonly Cell[])[] };

const TABLES: Readonly<Record<ListKind, (report: ListReport, now: number) => Table>> = {
  tunnels: ({ tunnels = [] }, now) => ({
    heading: ['TUNNEL', 'GATEWAY', 'PEER', 'STATE', 'NOTE'],
    rows: tunnels.map((tunnel) => tunnelCells(tunnel, now)),
  }),
  gateways: ({ gateways = [] }) => ({
    heading: ['GATEWAY', 'ADDRESS', 'PUBLIC', 'VPC', 'TUNNELS', 'LABELS', 'REMARKS'],
    rows: gateways.map(gatewayCells),
  }),
  peers: ({ peers = [] }) => ({
    heading: ['PEER', 'ADDRESS', 'TUNNELS', 'LABELS', 'REMARKS'],
    rows: peers.map(peerCells),
  }),
};

function tunnelCells(tunnel: TunnelStatus, now: number): Cell[] {
  const { text, style } = STATE[tunnel.connectionStatus];
  return [tunnel.name, tunnel.gateway, tunnel.peer, { text, style }, noteOf(tunnel, now)];
}

function gatewayCells(row: GatewayRow): Cell[] {
  return [
    row.name,
    row.address,
    row.publicAddress ?? '',
    row.vpc.join(' '),
    share(row),
    labelsText(row.labels),
    row.remarks,
  ];
}

function peerCells(row: PeerRow): Cell[] {
  return [row.name, row.address, share(row), labelsText(row.labels), row.remarks];
}

function share({ tunnels, connected }: { readonly tunnels: number; readonly connected: number }): string {
  return `${connected}/${tunnels} connected`;
}

function labelsText(labels: Readonly<Record<string, string>>): string {
  return Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(' ');
}
