import { parseArgs } from 'node:util';
import { SUITES, type Suite, suiteOf } from './suites.ts';

export type Options = {
  readonly rows: readonly RowName[];
  readonly suites: readonly Suite[];
  /** Tunnels that make one run of the rows about handshakes. */
  readonly tunnels: number;
  /** How many there are at once where it is the number that is measured. */
  readonly scales: readonly number[];
  readonly repetitions: number;
  /** Handshakes at once, of all generators together. */
  readonly concurrency: number;
  /** Spoofed IKE_SA_INIT requests a second, and for how many seconds. */
  readonly flood: number;
  readonly seconds: number;
  readonly output: string;
};

export const ROWS = ['handshakes', 'scale', 'flood', 'start', 'tunnels'] as const;
export type RowName = (typeof ROWS)[number];

export const USAGE = `npm run bench:ike -- [OPTION...]
  --rows LIST          ${ROWS.join(', ')} (all)
  --suites LIST        ${SUITES.map(({ name }) => name).join(', ')} (all)
  --tunnels N          handshakes that make one run (1000)
  --scales LIST        numbers of tunnels of the row scale (100,1000,10000)
  --repetitions N      runs of each row; the responders take turns (3)
  --concurrency N      handshakes at once (8)
  --flood N            spoofed IKE_SA_INIT requests a second (20000)
  --seconds N          of a flood (20)
  --output FILE        JSON (bench/out/ike.json)`;

/** @throws Error in plain words */
export function parseOptions(argv: readonly string[]): Options {
  const { values } = parseArgs({ args: [...argv], options: OPTIONS });
  return {
    rows: list(values.rows).map(rowOf),
    suites: list(values.suites).map(suiteOf),
    tunnels: count('--tunnels', values.tunnels),
    scales: list(values.scales).map((text) => count('--scales', text)),
    repetitions: count('--repetitions', values.repetitions),
    concurrency: count('--concurrency', values.concurrency),
    flood: count('--flood', values.flood),
    seconds: count('--seconds', values.seconds),
    output: values.output,
  };
}

const OPTIONS = {
  rows: { type: 'string', default: ROWS.join(',') },
  suites: { type: 'string', default: SUITES.map(({ name }) => name).join(',') },
  tunnels: { type: 'string', default: '1000' },
  scales: { type: 'string', default: '100,1000,10000' },
  repetitions: { type: 'string', default: '3' },
  concurrency: { type: 'string', default: '8' },
  flood: { type: 'string', default: '20000' },
  seconds: { type: 'string', default: '20' },
  output: { type: 'string', default: 'bench/out/ike.json' },
} as const;

function list(text: string): string[] {
  return text.split(',').filter((word) => word !== '');
}

function rowOf(name: string): RowName {
  const row = ROWS.find((candidate) => candidate === name);
  if (row !== undefined) return row;
  throw new Error(`there are no rows ${name}; there are ${ROWS.join(', ')}`);
}

function count(option: string, text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value > 0) return value;
  throw new Error(`${option} takes whole numbers above 0, not ${text}`);
}
