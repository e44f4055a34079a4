import { type Prefix, parseAddress, parsePrefix } from '../../base/net.ts';
import type { Chain, Condition, Firewall, Hook, Rule, Verdict } from './firewall.ts';

/**
 * What `nft -j list ruleset` has printed; see libnftables-json(5). Of rules that iptables has made and that only it
 * understands, the conditions are `other` and the verdict is unknown: `iptables-save` tells them better.
 */
export function parseNftRuleset(ruleset: unknown): Firewall {
  const objects = list(field(ruleset, 'nftables'));
  const sets = new Map(
    objects.flatMap((object) => {
      const set = field(object, 'set');
      return set === undefined
        ? []
        : [[`${tableOf(set)} ${text(field(set, 'name'))}`, list(field(set, 'elem'))] as const];
    }),
  );
  const rules = objects.map((object) => field(object, 'rule')).filter((rule) => rule !== undefined);
  const chains = objects.map((object) => field(object, 'chain')).filter((chain) => chain !== undefined);
  return {
    tool: 'nft',
    chains: chains
      .toSorted((a, b) => Number(field(a, 'prio') ?? 0) - Number(field(b, 'prio') ?? 0))
      .map((chain) => chainOf(chain, rules, sets)),
  };
}

type Sets = ReadonlyMap<string, readonly unknown[]>;

function chainOf(chain: unknown, rules: readonly unknown[], sets: Sets): Chain {
  const [table, name] = [tableOf(chain), text(field(chain, 'name'))];
  const hook = HOOKS.find((candidate) => candidate === field(chain, 'hook'));
  const policy = field(chain, 'policy') === 'drop' ? 'drop' : 'accept';
  return {
    table,
    name,
    ...(hook === undefined ? {} : { base: { hook, policy } }),
    rules: rules
      .filter((rule) => tableOf(rule) === table && field(rule, 'chain') === name)
      .map((rule) => ruleOf(rule, sets)),
  };
}

const HOOKS: readonly Hook[] = ['prerouting', 'input', 'forward', 'output', 'postrouting'];

function ruleOf(rule: unknown, sets: Sets): Rule {
  const table = tableOf(rule);
  const conditions: Condition[] = [];
  let verdict: Verdict | undefined;
  for (const statement of list(field(rule, 'expr'))) {
    const [[kind = '', value] = []] = Object.entries(record(statement));
    if (kind === 'match') conditions.push(...matchOf(value, table, sets));
    else if (CONDITIONAL.has(kind)) conditions.push({ kind: 'other', not: false });
    else verdict ??= verdictOf(kind, value);
  }
  const where = `${table} ${text(field(rule, 'chain'))} handle ${String(field(rule, 'handle'))}`;
  return { text: where, conditions, ...(verdict === undefined ? {} : { verdict }) };
}

/** Statements that may end the rule. */
const CONDITIONAL: ReadonlySet<string> = new Set(['limit', 'vmap', 'xt', 'ct count', 'quota']);

const VERDICTS: ReadonlyMap<string, 'accept' | 'drop' | 'return' | 'translate'> = new Map([
  ['accept', 'accept'],
  ['drop', 'drop'],
  ['reject', 'drop'],
  ['return', 'return'],
  ['masquerade', 'translate'],
  ['snat', 'translate'],
]);

function verdictOf(kind: string, value: unknown): Verdict | undefined {
  if (kind === 'jump' || kind === 'goto') return { kind, chain: text(field(value, 'target')) };
  const verdict = VERDICTS.get(kind);
  return verdict === undefined ? undefined : { kind: verdict };
}

function matchOf(match: unknown, table: string, sets: Sets): Condition[] {
  const not = field(match, 'op') === '!=';
  const [left, right] = [field(match, 'left'), field(match, 'right')];
  const values = valuesOf(right, table, sets);
  const [[kind = '', of] = []] = Object.entries(record(left));
  const other: Condition[] = [{ kind: 'other', not: false }];
  if (!OPERATORS.has(text(field(match, 'op')))) return other;
  switch (kind) {
    case 'meta':
      return metaMatch(text(field(of, 'key')), values, not) ?? other;
    case 'payload':
      return payloadMatch(text(field(of, 'protocol')), text(field(of, 'field')), values, not) ?? other;
    case 'ct':
      return field(of, 'key') === 'state' ? [{ kind: 'state', names: values.map(text), not }] : other;
    case 'rt':
      return field(of, 'key') === 'ipsec' ? [existence('out', values, not)] : other;
    default:
      return other;
  }
}

const OPERATORS: ReadonlySet<string> = new Set(['==', '!=', 'in']);

function metaMatch(key: string, values: readonly unknown[], not: boolean): Condition[] | undefined {
  switch (key) {
    case 'iif':
    case 'iifname':
      return [{ kind: 'in', names: values.map(text), not }];
    case 'oif':
    case 'oifname':
      return [{ kind: 'out', names: values.map(text), not }];
    case 'l4proto':
      return [{ kind: 'protocol', names: values.map(text), not }];
    case 'nfproto':
      return values[0] === 'ipv4' || values[0] === 'ipv6'
        ? [{ kind: 'family', family: values[0] === 'ipv4' ? 4 : 6, not }]
        : undefined;
    case 'secpath':
    case 'ipsec':
      return [existence('in', values, not)];
    default:
      return undefined;
  }
}

function payloadMatch(
  protocol: string,
  name: string,
  values: readonly unknown[],
  not: boolean,
): Condition[] | undefined {
  if (name === 'saddr' || name === 'daddr') {
    const prefixes = values.map(prefixOf).filter((prefix) => prefix !== undefined);
    const family = { kind: 'family', family: protocol === 'ip6' ? 6 : 4, not: false } as const;
    if (prefixes.length !== values.length) return undefined;
    return [family, { kind: name === 'saddr' ? 'source' : 'destination', prefixes, not }];
  }
  if (name === 'protocol' || name === 'nexthdr') return [{ kind: 'protocol', names: values.map(text), not }];
  if (name !== 'sport' && name !== 'dport') return undefined;
  const ranges = values.map(rangeOf).filter((range) => range !== undefined);
  if (ranges.length !== values.length) return undefined;
  // `th` is the header of any transport protocol.
  const transport: Condition[] = protocol === 'th' ? [] : [{ kind: 'protocol', names: [protocol], not: false }];
  return [...transport, { kind: name === 'sport' ? 'source-port' : 'destination-port', ranges, not }];
}

/** `exists` is true or 1, `missing` is false or 0. */
function existence(direction: 'in' | 'out', [value]: readonly unknown[], not: boolean): Condition {
  const there = value === true || value === 1 || value === 'exists';
  return { kind: there ? 'protected' : 'unprotected', direction, not };
}

/** One value, a set of them, or a set by name. */
function valuesOf(right: unknown, table: string, sets: Sets): readonly unknown[] {
  if (typeof right === 'string' && right.startsWith('@')) return sets.get(`${table} ${right.slice(1)}`) ?? [undefined];
  const elements = Array.isArray(right) ? right : field(right, 'set');
  return elements === undefined ? [right] : Array.isArray(elements) ? elements : [elements];
}

function prefixOf(value: unknown): Prefix | undefined {
  const prefix = field(value, 'prefix');
  if (prefix !== undefined) return parsePrefix(`${text(field(prefix, 'addr'))}/${String(field(prefix, 'len'))}`);
  const address = parseAddress(text(value));
  return address === undefined ? undefined : parsePrefix(address);
}

function rangeOf(value: unknown): readonly [number, number] | undefined {
  const [low, high] = list(field(value, 'range') ?? [value, value]).map(Number);
  return low !== undefined && high !== undefined && low >= 0 && high >= 0 ? [low, high] : undefined;
}

function tableOf(object: unknown): string {
  return `${text(field(object, 'family'))} ${text(field(object, 'table') ?? field(object, 'name'))}`;
}

function field(object: unknown, name: string): unknown {
  const fields = record(object);
  return Object.hasOwn(fields, name) ? fields[name] : undefined;
}

function record(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
