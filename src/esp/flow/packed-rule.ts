import type { AddressRange, PacketRule } from './packet-rule.ts';

/**
 * A rule as the words that are compared with a packet, and what finds it: the bits in which all addresses of its ranges
 * agree, those of the source and then of the destination. `shape` is equal where these are the same bits.
 */
export type PackedRule = { readonly words: Uint32Array; readonly masks: Uint32Array; readonly shape: string };

/** Where the words of each part begin; of a range those of its start, then those of its end. */
export const SOURCE = 0;
export const DESTINATION = 8;
export const PROTOCOL = 16;
export const SOURCE_PORT = 17;
export const DESTINATION_PORT = 19;
export const RULE_WORDS = 21;

export function packRule({ source, destination, sourcePort, destinationPort, protocol }: PacketRule): PackedRule {
  const words = new Uint32Array(RULE_WORDS);
  words.set(source.start, SOURCE);
  words.set(source.end, SOURCE + 4);
  words.set(destination.start, DESTINATION);
  words.set(destination.end, DESTINATION + 4);
  words[PROTOCOL] = protocol;
  words.set([sourcePort.start, sourcePort.end], SOURCE_PORT);
  words.set([destinationPort.start, destinationPort.end], DESTINATION_PORT);
  const masks = Uint32Array.of(...commonBits(source), ...commonBits(destination));
  return { words, masks, shape: masks.join() };
}

function commonBits({ start, end }: AddressRange): number[] {
  let agree = true;
  return [...start].map((word, index) => {
    const differing = word ^ (end[index] ?? 0);
    const mask = agree ? ~(2 ** (32 - Math.clz32(differing)) - 1) : 0;
    agree &&= differing === 0;
    return mask >>> 0;
  });
}
