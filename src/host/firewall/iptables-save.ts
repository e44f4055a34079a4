import { type Prefix, parsePrefix } from '../../base/net.ts';
import type { Chain, Condition, Firewall, Hook, Rule, Verdict } from './firewall.ts';

/** What `iptables-save` or `ip6tables-save` has printed. What it says besides is passed over. */
export function parseIptablesSave(text: string, tool: 'iptables' | 'ip6tables'): Firewall {
  const chains: (Chain & { readonly rules: Rule[] })[] = [];
  let table = '';
  for (const line of text.split('\n')) {
    const [word = '', name = ''] = line.split(' ', 2);
    if (word.startsWith('*')) table = word.slice(1);
    else if (word.startsWith(':')) chains.push(newChain(table, word.slice(1), name));
    else if (word === '-A')
      chains.find((chain) => chain.table === table && chain.name === name)?.rules.push(rule(line));
  }
  return { tool, chains: chains.toSorted((a, b) => order(a) - order(b)) };
}

/** The order in which the tables of a hook are asked. */
const TABLES = ['raw', 'mangle', 'nat', 'filter', 'security'];

function order({ table }: Chain): number {
  return TABLES.indexOf(table);
}

const HOOKS: ReadonlyMap<string, Hook> = new Map([
  ['PREROUTING', 'prerouting'],
  ['INPUT', 'input'],
  ['FORWARD', 'forward'],
  ['OUTPUT', 'output'],
  ['POSTROUTING', 'postrouting'],
]);

function newChain(table: string, name: string, policy: string): Chain & { readonly rules: Rule[] } {
  const hook = HOOKS.get(name);
  const base = hook === undefined ? {} : { base: { hook, policy: policy === 'DROP' ? 'drop' : 'accept' } as const };
  return { table, name, ...base, rules: [] };
}

function rule(line: string): Rule {
  const conditions: Condition[] = [];
  let direction: 'in' | 'out' = 'out';
  for (const { option, values, not } of optionsOf(wordsOf(line).slice(2))) {
    const [value = ''] = values;
    // What follows belongs to the target.
    if (option === '-j' || option === '-g') return { text: line, conditions, verdict: verdictOf(option, value) };
    if (option === '--dir') direction = value === 'in' ? 'in' : 'out';
    const found = condition(option, value);
    if (found !== undefined) conditions.push({ ...found, ...('direction' in found ? { direction } : {}), not });
  }
  return { text: line, conditions };
}

type Option = { readonly option: string; readonly values: readonly string[]; readonly not: boolean };

function optionsOf(words: readonly string[]): Option[] {
  const options: { option: string; values: string[]; not: boolean }[] = [];
  let not = false;
  for (const word of words) {
    if (word === '!') not = true;
    else if (/^--?[a-z]/.test(word)) options.push({ option: word, values: [], not });
    else options.at(-1)?.values.push(word);
    if (word !== '!') not = false;
  }
  return options;
}

/** Split at blanks; double quotes hold words together. */
function wordsOf(line: string): string[] {
  return [...line.matchAll(/"((?:[^"\\]|\\.)*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '');
}

const VERDICTS: ReadonlyMap<string, Verdict['kind'] & ('accept' | 'drop' | 'return' | 'translate')> = new Map([
  ['ACCEPT', 'accept'],
  ['DROP', 'drop'],
  ['REJECT', 'drop'],
  ['RETURN', 'return'],
  ['MASQUERADE', 'translate'],
  ['SNAT', 'translate'],
  ['NETMAP', 'translate'],
]);

function verdictOf(option: string, target: string): Verdict {
  const kind = VERDICTS.get(target);
  if (kind !== undefined) return { kind };
  // A target in capitals, such as LOG, is an extension that lets the packet go on; a chain of that name would too.
  return { kind: option === '-g' ? 'goto' : 'jump', chain: target };
}

type Test = Condition extends infer One ? (One extends Condition ? Omit<One, 'not'> : never) : never;

/** Matches that say nothing by themselves: their options do. */
const SILENT: ReadonlySet<string> = new Set(['tcp', 'udp', 'comment', 'conntrack', 'state', 'multiport', 'policy']);

/** Undefined for what limits nothing. */
function condition(option: string, value: string): Test | undefined {
  switch (option) {
    case '-i':
      return { kind: 'in', names: [value.replace(/\+$/, '*')] };
    case '-o':
      return { kind: 'out', names: [value.replace(/\+$/, '*')] };
    case '-s':
      return ofPrefixes('source', value);
    case '-d':
      return ofPrefixes('destination', value);
    case '-p':
      return value === 'all' ? undefined : { kind: 'protocol', names: [PROTOCOLS.get(value) ?? value] };
    case '--sport':
    case '--sports':
      return { kind: 'source-port', ranges: rangesOf(value) };
    case '--dport':
    case '--dports':
      return { kind: 'destination-port', ranges: rangesOf(value) };
    case '--ctstate':
    case '--state':
      return { kind: 'state', names: value.toLowerCase().split(',') };
    case '--pol':
      // `rule` knows the direction, which stands before it.
      return { kind: value === 'none' ? 'unprotected' : 'protected', direction: 'out' };
    case '--dir':
    case '--comment':
      return undefined;
    case '-m':
      return SILENT.has(value) ? undefined : { kind: 'other' };
    default:
      return { kind: 'other' };
  }
}

const PROTOCOLS: ReadonlyMap<string, string> = new Map([
  ['17', 'udp'],
  ['50', 'esp'],
  ['51', 'ah'],
]);

/** A mask with holes is no prefix: then it is not told what the rule means. */
function ofPrefixes(kind: 'source' | 'destination', value: string): Test {
  const prefixes = value.split(',').map(parsePrefix);
  const known: Prefix[] = prefixes.filter((prefix) => prefix !== undefined);
  return known.length === prefixes.length ? { kind, prefixes: known } : { kind: 'other' };
}

function rangesOf(value: string): [number, number][] {
  return value.split(',').map((range) => {
    const [low = '', high = low] = range.split(':');
    return [Number(low === '' ? 0 : low), Number(high === '' ? 65_535 : high)];
  });
}
