import type { AddressFamily, Prefix } from '../../base/net.ts';
import { addressFamily, prefixContains, prefixesOverlap } from '../../base/net.ts';
import type { Chain, Condition, Firewall, Hook, Rule } from './firewall.ts';

/** A set of packets that go the same way. What is absent may be anything. */
export type Packets = {
  readonly family: AddressFamily;
  readonly in?: string;
  readonly out?: string;
  readonly source?: Prefix;
  readonly destination?: Prefix;
  readonly protocol?: string;
  readonly sourcePort?: number;
  readonly destinationPort?: number;
  /** Whether IPsec has protected them when they came in, or will protect them when they leave. */
  readonly protected: 'in' | 'out' | 'no';
  readonly state: 'new' | 'established';
};

/** `sure`: it happens to all of them, as far as the rules are understood. `by` is absent for the policy of a chain. */
export type Fate = {
  readonly kind: 'drop' | 'translate';
  readonly sure: boolean;
  readonly chain: Chain;
  readonly by?: Rule;
};

/** What happens to packets at a hook; undefined where they pass untouched. */
export function judge({ chains }: Firewall, hook: Hook, packets: Packets): Fate | undefined {
  const course: Course = { chains, packets, sure: true, depth: 0 };
  for (const chain of chains) {
    if (chain.base?.hook !== hook) continue;
    const end = follow(chain, course);
    if (end !== undefined && end.kind !== 'accept') return end;
    if (end === undefined && chain.base.policy === 'drop') return { kind: 'drop', sure: course.sure, chain };
    // What one chain accepts goes on to the next of the hook.
  }
  return undefined;
}

/** `sure` turns false behind a rule that may have ended the way of some of the packets. */
type Course = { readonly chains: readonly Chain[]; readonly packets: Packets; sure: boolean; readonly depth: number };
type End = Fate | { readonly kind: 'accept' };
type Answer = 'yes' | 'no' | 'maybe';

/** Kernels refuse rules that jump deeper, and loops. */
const MAX_DEPTH = 16;

function follow(chain: Chain, course: Course): End | undefined {
  for (const rule of chain.rules) {
    const held = rule.verdict === undefined ? 'no' : holds(rule, course.packets);
    if (held === 'no') continue;
    const end = endOf(rule, chain, course, held);
    if (held === 'yes' && (end !== undefined || leaves(rule))) return end;
    if (end?.kind === 'translate') return { ...end, sure: false };
    if (end !== undefined || rule.verdict?.kind === 'return') course.sure = false;
  }
  return undefined;
}

/** Whether the rules behind it are not asked any more, even where it decides nothing. */
function leaves({ verdict }: Rule): boolean {
  return verdict?.kind === 'return' || verdict?.kind === 'goto';
}

function endOf(rule: Rule, chain: Chain, course: Course, held: Answer): End | undefined {
  const { verdict } = rule;
  switch (verdict?.kind) {
    case 'accept':
      return { kind: 'accept' };
    case 'drop':
    case 'translate':
      return { kind: verdict.kind, sure: course.sure, chain, by: rule };
    case 'jump':
    case 'goto': {
      const target = course.chains.find(({ table, name }) => table === chain.table && name === verdict.chain);
      if (target === undefined || course.depth >= MAX_DEPTH) return undefined;
      const inner: Course = { ...course, depth: course.depth + 1 };
      const end = follow(target, inner);
      course.sure = inner.sure && (held === 'yes' || end === undefined);
      return end;
    }
    default:
      return undefined;
  }
}

function holds({ conditions }: Rule, packets: Packets): Answer {
  let answer: Answer = 'yes';
  for (const condition of conditions) {
    const one = negated(test(condition, packets), condition.not);
    if (one === 'no') return 'no';
    if (one === 'maybe') answer = 'maybe';
  }
  return answer;
}

function negated(answer: Answer, not: boolean): Answer {
  if (!not || answer === 'maybe') return answer;
  return answer === 'yes' ? 'no' : 'yes';
}

function test(condition: Condition, packets: Packets): Answer {
  switch (condition.kind) {
    case 'in':
    case 'out':
      return among(condition.names, packets[condition.kind], matchesName);
    case 'source':
    case 'destination':
      return within(condition.prefixes, packets[condition.kind]);
    case 'protocol':
      return among(condition.names, packets.protocol, (name, protocol) => name === protocol);
    case 'source-port':
      return among(condition.ranges, packets.sourcePort, inRange);
    case 'destination-port':
      return among(condition.ranges, packets.destinationPort, inRange);
    case 'protected':
      return packets.protected === condition.direction ? 'yes' : 'no';
    case 'unprotected':
      return packets.protected === condition.direction ? 'no' : 'yes';
    case 'state':
      return condition.names.includes(packets.state) ? 'yes' : 'no';
    case 'family':
      return packets.family === condition.family ? 'yes' : 'no';
    case 'other':
      return 'maybe';
  }
}

function among<Pattern, Value>(
  patterns: readonly Pattern[],
  value: Value | undefined,
  matches: (pattern: Pattern, value: Value) => boolean,
): Answer {
  if (value === undefined) return 'maybe';
  return patterns.some((pattern) => matches(pattern, value)) ? 'yes' : 'no';
}

function matchesName(pattern: string, name: string): boolean {
  return pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : pattern === name;
}

function inRange([low, high]: readonly [number, number], port: number): boolean {
  return low <= port && port <= high;
}

function within(prefixes: readonly Prefix[], packets: Prefix | undefined): Answer {
  if (packets === undefined) return 'maybe';
  const family = addressFamily(packets.address);
  const same = prefixes.filter(({ address }) => addressFamily(address) === family);
  if (same.some((prefix) => prefixContains(prefix, packets))) return 'yes';
  return same.some((prefix) => prefixesOverlap(prefix, packets)) ? 'maybe' : 'no';
}
