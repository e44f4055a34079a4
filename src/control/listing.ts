import { ControlError } from './control-error.ts';
import { searchRows } from './search.ts';
import type { ListKind } from './words.ts';

export type ListRequest = {
  readonly query?: string | undefined;
  /** A key of SORT_KEYS; with a hyphen before it, the last comes first. */
  readonly sort?: string | undefined;
  readonly limit?: number | undefined;
  /** The name of the last row of the page before. */
  readonly cursor?: string | undefined;
};

export type Page<Row> = { readonly rows: readonly Row[]; readonly total: number; readonly next: string | null };

/** What each list may be sorted by, and the field of a row that has it. */
export const SORT_KEYS: Readonly<Record<ListKind, Readonly<Record<string, string>>>> = {
  tunnels: { name: 'name', gateway: 'gateway', peer: 'peer', state: 'connectionStatus' },
  gateways: { name: 'name', address: 'address', tunnels: 'tunnels', connected: 'connected' },
  peers: { name: 'name', address: 'address', tunnels: 'tunnels', connected: 'connected' },
  shunts: { name: 'name', action: 'action' },
};

/** One page of the rows that fit, sorted; in the order of the configuration where nothing is said. */
export function listPage<Row extends { readonly name: string }>(
  kind: ListKind,
  rows: readonly Row[],
  { query, sort, limit, cursor }: ListRequest,
): Page<Row> {
  const found = searchRows(rows, query);
  const sorted = sort === undefined ? found : sortRows(kind, found, sort);
  const start = cursor === undefined ? 0 : sorted.findIndex(({ name }) => name === cursor) + 1;
  if (cursor !== undefined && start === 0)
    throw new ControlError('conflict', `the list has changed: ${cursor} is not in it any more; begin again`);
  const page = sorted.slice(start, limit === undefined ? undefined : start + limit);
  const isLast = start + page.length >= sorted.length;
  return { rows: page, total: sorted.length, next: isLast ? null : (page.at(-1)?.name ?? null) };
}

function sortRows<Row extends { readonly name: string }>(kind: ListKind, rows: readonly Row[], sort: string): Row[] {
  const [, sign, key = ''] = /^(-?)(.*)$/.exec(sort) ?? [];
  const field = Object.hasOwn(SORT_KEYS[kind], key) ? SORT_KEYS[kind][key] : undefined;
  if (field === undefined) {
    const keys = Object.keys(SORT_KEYS[kind]).join(', ');
    throw new ControlError('bad-request', `${kind} are sorted by ${keys}, or by one of these with a hyphen before it`);
  }
  const textOf = (row: Row): string => String((row as Record<string, unknown>)[field] ?? '');
  const sorted = rows.toSorted((a, b) => COLLATOR.compare(textOf(a), textOf(b)) || COLLATOR.compare(a.name, b.name));
  return sign === '-' ? sorted.toReversed() : sorted;
}

/** `dc2` before `dc10`, and 10.2.0.0 before 10.10.0.0. */
const COLLATOR = new Intl.Collator('en', { numeric: true });
