import type { PolicySpec } from '../../sa/data-plane.ts';
import type { PacketView } from '../ip/packet-view.ts';
import { FlowCache } from './flow-cache.ts';
import { type PackedRule, packRule } from './packed-rule.ts';
import { packetRule } from './packet-rule.ts';
import { RuleIndex } from './rule-index.ts';

/**
 * The policies of one direction. Which of those that match decides is the same as in the kernel (policyPrecedence);
 * among equals protect before trap, then the one that was added last. A change costs nothing until the next packet.
 */
export class PolicyTable<Entry extends { readonly policy: PolicySpec }> {
  readonly #rows = new Map<string, Row<Entry>>();
  readonly #flows = new FlowCache();
  #ipv4: Ranked<Entry> = ranked([]);
  #ipv6: Ranked<Entry> = this.#ipv4;
  #stale = false;
  #added = 0;

  get size(): number {
    return this.#rows.size;
  }

  /** Takes the place of what `key` named before. A policy that no packet can match is kept and never found. */
  add(key: string, entry: Entry): void {
    this.#rows.set(key, rowOf(entry, this.#added++));
    this.#stale = true;
  }

  remove(key: string): void {
    if (this.#rows.delete(key)) this.#stale = true;
  }

  get(key: string): Entry | undefined {
    return this.#rows.get(key)?.entry;
  }

  /** The policy that decides on a packet; undefined where none matches. */
  lookup(view: PacketView): Entry | undefined {
    if (this.#stale) this.#compile();
    const { rules, entries } = view.version === 4 ? this.#ipv4 : this.#ipv6;
    const known = this.#flows.get(view, ANY_REQID);
    if (known !== undefined) return entries[known];
    const place = rules.find(view, 0) + 1;
    this.#flows.set(view, ANY_REQID, place);
    return entries[place];
  }

  /**
   * RFC 4301 §5.2: whether a packet that came by an SA of `reqid` may have come by it. The policy that decides must ask
   * for that SA, or one of its equals: two Child SAs may be for the same selectors.
   */
  selectsInbound(view: PacketView, reqid: number): boolean {
    if (this.#stale) this.#compile();
    const known = this.#flows.get(view, reqid);
    if (known !== undefined) return known === 1;
    const selected = asksFor(view.version === 4 ? this.#ipv4 : this.#ipv6, view, reqid);
    this.#flows.set(view, reqid, selected ? 1 : 0);
    return selected;
  }

  #compile(): void {
    const rows = [...this.#rows.values()].sort(inOrder);
    this.#ipv4 = ranked(rows.filter(({ version }) => version === 4));
    this.#ipv6 = ranked(rows.filter(({ version }) => version === 6));
    this.#flows.clear();
    this.#stale = false;
  }
}

/** No SA has it. */
const ANY_REQID = 0;

/** `version` is 0 where no packet can match. */
type Row<Entry> = {
  readonly entry: Entry;
  readonly age: number;
  readonly version: 0 | 4 | 6;
  readonly precedence: number;
  readonly packed: PackedRule;
};

function rowOf<Entry extends { readonly policy: PolicySpec }>(entry: Entry, age: number): Row<Entry> {
  const rule = packetRule(entry.policy);
  if (typeof rule === 'string') return { entry, age, version: 0, precedence: 0, packed: NO_RULE };
  return { entry, age, version: rule.version, precedence: rule.precedence, packed: packRule(rule) };
}

const NO_RULE: PackedRule = { words: new Uint32Array(), masks: new Uint32Array(), shape: '' };

/** The policies of one IP version in the order in which they are tried. */
type Ranked<Entry> = {
  readonly rules: RuleIndex;
  /** Behind one that is absent: what is found where no rule matches. */
  readonly entries: readonly (Entry | undefined)[];
  readonly precedences: readonly number[];
};

function ranked<Entry>(rows: readonly Row<Entry>[]): Ranked<Entry> {
  return {
    rules: new RuleIndex(rows.map(({ packed }) => packed)),
    entries: [undefined, ...rows.map(({ entry }) => entry)],
    precedences: rows.map(({ precedence }) => precedence),
  };
}

function inOrder<Entry extends { readonly policy: PolicySpec }>(a: Row<Entry>, b: Row<Entry>): number {
  if (a.precedence !== b.precedence) return a.precedence - b.precedence;
  const trapsLast = Number(a.entry.policy.action === 'trap') - Number(b.entry.policy.action === 'trap');
  return trapsLast !== 0 ? trapsLast : b.age - a.age;
}

function asksFor<Entry extends { readonly policy: PolicySpec }>(
  { rules, entries, precedences }: Ranked<Entry>,
  view: PacketView,
  reqid: number,
): boolean {
  const best = rules.find(view, 0);
  for (let at = best; at >= 0 && precedences[at] === precedences[best]; at = rules.find(view, at + 1)) {
    const policy = entries[at + 1]?.policy;
    if (policy?.action === 'protect' && policy.template?.reqid === reqid) return true;
  }
  return false;
}
