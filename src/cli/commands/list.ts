import { writeFile } from 'node:fs/promises';
import { Argument, type Command, InvalidArgumentError, Option } from 'commander';
import { EXIT, type ExitStatus } from '../../control/exit.ts';
import type { GatewayRow, ListReport, PeerRow, ShuntRow, TunnelRow } from '../../control/protocol.ts';
import { type Spreadsheet, spreadsheet, toCsv, toXlsx } from '../../control/spreadsheet.ts';
import { LIST_KINDS, type ListKind } from '../../control/words.ts';
import { type Context, clientCommand, controlClient } from '../context.ts';
import { CliFailure } from '../failure.ts';
import { type Cell, table } from '../table.ts';
import { noteOf, STATE } from '../tunnel-text.ts';
import { counted } from '../units.ts';

type Options = {
  readonly sort?: string;
  readonly limit?: number;
  readonly cursor?: string;
  readonly json?: true;
  readonly csv?: true;
  readonly xlsx?: string;
  readonly control?: string;
};

export function listCommand({ terminal }: Context, finish: (status: ExitStatus) => void): Command {
  return clientCommand('list', 'list')
    .addArgument(new Argument('<kind>', 'what to list').choices(LIST_KINDS))
    .argument('[query...]', 'words that must all occur in a name, address, label or remark, or nearly so')
    .option(
      '--sort <key>',
      'name, gateway, peer, state, address, tunnels or connected, as far as the rows have it; -name: the last first',
    )
    .option('--limit <rows>', 'so many at a time', parseLimit)
    .option('--cursor <name>', 'go on after the row of that name, the last one of the page before')
    .addOption(new Option('--json', 'print JSON').conflicts(['csv', 'xlsx']))
    .addOption(new Option('--csv', 'print comma-separated values').conflicts('xlsx'))
    .option('--xlsx <file>', 'write a workbook')
    .action(async (kind: ListKind, words: string[], options: Options) => {
      const query = words.join(' ');
      const { sort, limit, cursor, control } = options;
      const report = await controlClient(control === undefined ? {} : { control }, terminal).call('list', {
        kind,
        ...(query === '' ? {} : { query }),
        ...(sort === undefined ? {} : { sort }),
        ...(limit === undefined ? {} : { limit }),
        ...(cursor === undefined ? {} : { cursor }),
      });
      if (options.json) terminal.out(JSON.stringify(report, null, 2));
      else if (options.csv) terminal.out(toCsv(sheetOf(kind, report)).trimEnd());
      else await tell(kind, report, { query, xlsx: options.xlsx });
      finish(EXIT.ok);
    });

  async function tell(
    kind: ListKind,
    report: ListReport,
    { query, xlsx }: { query: string; xlsx: string | undefined },
  ) {
    const { heading, rows } = TABLES[kind](report, terminal.now());
    if (xlsx !== undefined) await writeWorkbook(xlsx, kind, report);
    else if (rows.length > 0) terminal.out(table(heading, rows, terminal.colour));
    const part = rows.length < report.total ? `${rows.length} of ` : '';
    const fit = query === '' ? '' : ` with ${JSON.stringify(query)}`;
    terminal.err(`${part}${counted(report.total, kind.slice(0, -1))}${fit}${xlsx === undefined ? '' : ` in ${xlsx}`}`);
    if (report.next !== null) terminal.err(`more with: --cursor ${report.next}`);
  }
}

async function writeWorkbook(file: string, kind: ListKind, report: ListReport): Promise<void> {
  const workbook = await toXlsx(sheetOf(kind, report), kind);
  try {
    await writeFile(file, workbook);
  } catch (error) {
    throw new CliFailure(EXIT.failed, `${file} cannot be written (${(error as NodeJS.ErrnoException).code})`);
  }
}

function sheetOf(kind: ListKind, { tunnels = [], gateways = [], peers = [], shunts = [] }: ListReport): Spreadsheet {
  const sheets = {
    tunnels: () => spreadsheet('tunnels', tunnels),
    gateways: () => spreadsheet('gateways', gateways),
    peers: () => spreadsheet('peers', peers),
    shunts: () => spreadsheet('shunts', shunts),
  };
  return sheets[kind]();
}

function parseLimit(text: string): number {
  const limit = Number(text);
  if (!/^\d{1,5}$/.test(text) || limit < 1 || limit > 10_000)
    throw new InvalidArgumentError('It must be a whole number from 1 to 10000.');
  return limit;
}

type Table = { readonly heading: readonly string[]; readonly rows: readonly (readonly Cell[])[] };

const TABLES: Readonly<Record<ListKind, (report: ListReport, now: number) => Table>> = {
  tunnels: ({ tunnels = [] }, now) => ({
    heading: ['TUNNEL', 'GATEWAY', 'PEER', 'STATE', 'NOTE', 'LABELS', 'REMARKS'],
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
  shunts: ({ shunts = [] }) => ({
    heading: ['SHUNT', 'ACTION', 'LOCAL', 'REMOTE', 'LABELS', 'REMARKS'],
    rows: shunts.map(shuntCells),
  }),
};

function tunnelCells(tunnel: TunnelRow, now: number): Cell[] {
  const { text, style } = STATE[tunnel.connectionStatus];
  return [
    tunnel.name,
    tunnel.gateway,
    tunnel.peer,
    { text, style },
    noteOf(tunnel, now),
    labelsText(tunnel.labels),
    tunnel.remarks,
  ];
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

function shuntCells({ name, action, local, remote, labels, remarks }: ShuntRow): Cell[] {
  return [name, action, local.join(' '), remote.join(' '), labelsText(labels), remarks];
}

function share({ tunnels, connected }: { readonly tunnels: number; readonly connected: number }): string {
  return `${connected}/${tunnels} connected`;
}

function labelsText(labels: Readonly<Record<string, string>>): string {
  return Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(' ');
}
