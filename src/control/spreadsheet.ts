import type { GatewayRow, PeerRow, ShuntRow, TunnelRow } from './protocol.ts';
import type { ListKind } from './words.ts';

/** A list as a table for spreadsheets: a heading, and under it texts and numbers. */
export type Spreadsheet = {
  readonly heading: readonly string[];
  readonly rows: readonly (readonly (string | number)[])[];
};

type RowOf = {
  readonly tunnels: TunnelRow;
  readonly gateways: GatewayRow;
  readonly peers: PeerRow;
  readonly shunts: ShuntRow;
};
type Column<Row> = readonly [heading: string, of: (row: Row) => string | number];

export function spreadsheet<Kind extends ListKind>(kind: Kind, rows: readonly RowOf[Kind][]): Spreadsheet {
  const columns = COLUMNS[kind] as readonly Column<RowOf[Kind]>[];
  return {
    heading: columns.map(([heading]) => heading),
    rows: rows.map((row) => columns.map(([, of]) => of(row))),
  };
}

/**
 * RFC 4180, with CRLF. A text that a spreadsheet would take for a formula, such as a remark that begins with =, gets an
 * apostrophe before it: whoever can write remarks should not be able to run anything where the list is read.
 */
export function toCsv({ heading, rows }: Spreadsheet): string {
  return [heading, ...rows].map((row) => `${row.map(csvCell).join(',')}\r\n`).join('');
}

/** Texts are cells of text, which are never taken for formulas. */
export async function toXlsx({ heading, rows }: Spreadsheet, sheet: ListKind): Promise<Buffer> {
  const { default: writeExcelFile } = await import('write-excel-file/node');
  const head = heading.map((value) => ({ value, type: String, fontWeight: 'bold' as const }));
  const body = rows.map((row) =>
    row.map((value) =>
      typeof value === 'number' ? { value, type: Number } : { value: value.slice(0, MAX_CELL), type: String },
    ),
  );
  return writeExcelFile([head, ...body], { sheet, stickyRowsCount: 1 }).toBuffer();
}

/** What a cell of a workbook holds. */
const MAX_CELL = 32_767;

type Columns = { readonly [Kind in ListKind]: readonly Column<RowOf[Kind]>[] };

const COLUMNS: Columns = {
  tunnels: [
    ['name', ({ name }) => name],
    ['gateway', ({ gateway }) => gateway],
    ['peer', ({ peer }) => peer],
    ['state', ({ connectionStatus }) => connectionStatus],
    ['reason', ({ reason }) => reason?.text ?? ''],
    ['since', ({ ike }) => ike?.establishedAt ?? ''],
    ['local', ({ ike }) => ike?.local ?? ''],
    ['remote', ({ ike }) => ike?.remote ?? ''],
    ['stage 1', ({ ike }) => ike?.proposal ?? ''],
    ['stage 2', ({ children }) => children[0]?.proposal ?? ''],
    ['local segments', ({ children }) => distinct(children.flatMap((child) => child.localSubnets))],
    ['remote segments', ({ children }) => distinct(children.flatMap((child) => child.remoteSubnets))],
    ['bytes in', ({ children }) => children.reduce((sum, { bytesIn }) => sum + bytesIn, 0)],
    ['bytes out', ({ children }) => children.reduce((sum, { bytesOut }) => sum + bytesOut, 0)],
    ['labels', labelsOf],
    ['remarks', ({ remarks }) => remarks],
  ],
  gateways: [
    ['name', ({ name }) => name],
    ['address', ({ address }) => address],
    ['public address', ({ publicAddress }) => publicAddress ?? ''],
    ['vpc', ({ vpc }) => vpc.join(' ')],
    ['tunnels', ({ tunnels }) => tunnels],
    ['connected', ({ connected }) => connected],
    ['labels', labelsOf],
    ['remarks', ({ remarks }) => remarks],
  ],
  peers: [
    ['name', ({ name }) => name],
    ['address', ({ address }) => address],
    ['tunnels', ({ tunnels }) => tunnels],
    ['connected', ({ connected }) => connected],
    ['labels', labelsOf],
    ['remarks', ({ remarks }) => remarks],
  ],
  shunts: [
    ['name', ({ name }) => name],
    ['action', ({ action }) => action],
    ['local segments', ({ local }) => local.join(' ')],
    ['remote segments', ({ remote }) => remote.join(' ')],
    ['labels', labelsOf],
    ['remarks', ({ remarks }) => remarks],
  ],
};

function labelsOf({ labels }: Pick<TunnelRow, 'labels'>): string {
  return Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(' ');
}

function distinct(texts: readonly string[]): string {
  return [...new Set(texts)].join(' ');
}

function csvCell(value: string | number): string {
  if (typeof value === 'number') return String(value);
  const harmless = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}
