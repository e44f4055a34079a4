import type { PacketView } from '../ip/packet-view.ts';
import type { PackedRule } from './packed-rule.ts';
import { DESTINATION, DESTINATION_PORT, PROTOCOL, RULE_WORDS, SOURCE, SOURCE_PORT } from './packed-rule.ts';
import { OPAQUE_PORT } from './packet-rule.ts';

/**
 * Rules of one IP version, in the order in which they are tried. A gateway may have thousands, and the first packet of a
 * flow should look only at those that its addresses may match: rules are found by a hash of the bits in which all their
 * addresses agree. Which bits these are, their shape, differs little between the rules; each shape costs one look.
 */
export class RuleIndex {
  readonly #words: Uint32Array;
  readonly #shapes: readonly Shape[];
  /** By hash: the first rule of a chain, or -1. */
  readonly #heads: Int32Array;
  /** By rule: the next one of its chain, always a later one, or -1. */
  readonly #next: Int32Array;

  constructor(rules: readonly PackedRule[]) {
    this.#words = new Uint32Array(rules.length * RULE_WORDS);
    this.#shapes = shapesOf(rules);
    this.#heads = new Int32Array(2 ** Math.ceil(Math.log2(rules.length * 2 + 1))).fill(-1);
    this.#next = new Int32Array(rules.length);
    // Backwards, as each goes to the front of its chain.
    for (let index = rules.length - 1; index >= 0; index--) this.#link(rules[index], index);
  }

  /** The index of the first rule from `from` on that `view` matches, or -1. `view` is of the rules' IP version. */
  find(view: PacketView, from: number): number {
    let best = NONE;
    for (const { masks, first } of this.#shapes) {
      if (first >= best) break;
      const slot = this.#slotOf(masks, view.source, view.destination);
      for (let index = this.#heads[slot] ?? -1; index >= 0 && index < best; index = this.#next[index] ?? -1) {
        if (index >= from && this.#matches(view, index * RULE_WORDS)) best = index;
      }
    }
    return best === NONE ? -1 : best;
  }

  #link(rule: PackedRule | undefined, index: number): void {
    if (rule === undefined) return;
    const { words, masks } = rule;
    this.#words.set(words, index * RULE_WORDS);
    const slot = this.#slotOf(masks, words.subarray(SOURCE), words.subarray(DESTINATION));
    this.#next[index] = this.#heads[slot] ?? -1;
    this.#heads[slot] = index;
  }

  #slotOf(masks: Uint32Array, source: Uint32Array, destination: Uint32Array): number {
    let hash = 0;
    for (let word = 0; word < 4; word++) {
      hash = Math.imul(hash ^ ((source[word] ?? 0) & (masks[word] ?? 0)), 0x9e37_79b1);
      hash = Math.imul((hash >>> 15) ^ hash ^ ((destination[word] ?? 0) & (masks[4 + word] ?? 0)), 0x85eb_ca77);
    }
    return ((hash >>> 15) ^ hash) & (this.#heads.length - 1);
  }

  #matches(view: PacketView, at: number): boolean {
    const protocol = this.#word(at + PROTOCOL);
    if (protocol !== 0 && protocol !== view.protocol) return false;
    if (!this.#portWithin(view.hasPorts ? view.sourcePort : OPAQUE_PORT, at + SOURCE_PORT)) return false;
    if (!this.#portWithin(view.hasPorts ? view.destinationPort : OPAQUE_PORT, at + DESTINATION_PORT)) return false;
    return this.#addressWithin(view.destination, at + DESTINATION) && this.#addressWithin(view.source, at + SOURCE);
  }

  #portWithin(port: number, at: number): boolean {
    return port >= this.#word(at) && port <= this.#word(at + 1);
  }

  #addressWithin(address: Uint32Array, at: number): boolean {
    return this.#order(address, at) >= 0 && this.#order(address, at + 4) <= 0;
  }

  /** Below 0 where the address lies before the one in the rule, above 0 where it lies behind. */
  #order(address: Uint32Array, at: number): number {
    for (let word = 0; word < 4; word++) {
      const difference = (address[word] ?? 0) - this.#word(at + word);
      if (difference !== 0) return difference;
    }
    return 0;
  }

  #word(at: number): number {
    return this.#words[at] ?? 0;
  }
}

const NONE = 0x7fff_ffff;

/** `first` is the first rule of it. */
type Shape = { readonly masks: Uint32Array; readonly first: number };

/** By their first rule, so that a search ends where no better one can come. */
function shapesOf(rules: readonly PackedRule[]): readonly Shape[] {
  const shapes = new Map<string, Shape>();
  for (const [first, { masks, shape }] of rules.entries()) if (!shapes.has(shape)) shapes.set(shape, { masks, first });
  return [...shapes.values()];
}
