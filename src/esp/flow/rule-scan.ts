import type { PacketView } from '../ip/packet-view.ts';
import { OPAQUE_PORT, type PacketRule } from './packet-rule.ts';

/** Rules of one IP version, packed one behind the other in the order in which they are tried. */
export class RuleScan {
  readonly #count: number;
  readonly #words: Uint32Array;

  constructor(rules: readonly PacketRule[]) {
    this.#count = rules.length;
    this.#words = new Uint32Array(rules.length * RULE_WORDS);
    for (const [index, rule] of rules.entries()) this.#words.set(packed(rule), index * RULE_WORDS);
  }

  /** The index of the first rule from `from` on that `view` matches, or -1. `view` is of the rules' IP version. */
  next(view: PacketView, from: number): number {
    const sourcePort = view.hasPorts ? view.sourcePort : OPAQUE_PORT;
    const destinationPort = view.hasPorts ? view.destinationPort : OPAQUE_PORT;
    for (let index = from; index < this.#count; index++) {
      const at = index * RULE_WORDS;
      if (!this.#addressesMatch(view, at)) continue;
      const protocol = this.#word(at + PROTOCOL);
      if (protocol !== 0 && protocol !== view.protocol) continue;
      if (sourcePort < this.#word(at + SOURCE_PORT) || sourcePort > this.#word(at + SOURCE_PORT + 1)) continue;
      if (destinationPort < this.#word(at + DESTINATION_PORT)) continue;
      if (destinationPort <= this.#word(at + DESTINATION_PORT + 1)) return index;
    }
    return -1;
  }

  #addressesMatch(view: PacketView, at: number): boolean {
    if (view.version === 6)
      return this.#inRange(view.destination, at + DESTINATION) && this.#inRange(view.source, at + SOURCE);
    const destination = view.destination[3] ?? 0;
    if (destination < this.#word(at + DESTINATION + 3) || destination > this.#word(at + DESTINATION + 7)) return false;
    const source = view.source[3] ?? 0;
    return source >= this.#word(at + SOURCE + 3) && source <= this.#word(at + SOURCE + 7);
  }

  #inRange(address: Uint32Array, at: number): boolean {
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

const SOURCE = 0;
const DESTINATION = 8;
const PROTOCOL = 16;
const SOURCE_PORT = 17;
const DESTINATION_PORT = 19;
const RULE_WORDS = 21;

function packed(rule: PacketRule): number[] {
  const { source, destination, sourcePort, destinationPort } = rule;
  return [
    ...[...source.start, ...source.end, ...destination.start, ...destination.end],
    rule.protocol,
    ...[sourcePort.start, sourcePort.end, destinationPort.start, destinationPort.end],
  ];
}
