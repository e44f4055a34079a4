import type { PacketView } from '../ip/packet-view.ts';

/**
 * What was found out about a flow, a number, so that its next packet costs no search. One place for each hash: a flow
 * that hits the place of another one takes it.
 */
export class FlowCache {
  readonly #words = new Uint32Array(SLOTS * SLOT_WORDS);

  /** The value kept for the flow of `view` under `label`, or undefined. */
  get(view: PacketView, label: number): number | undefined {
    const words = this.#words;
    const at = slotOf(view, label);
    const same =
      words[at] === shapeOf(view) &&
      words[at + 1] === portsOf(view) &&
      words[at + 2] === view.source[3] &&
      words[at + 3] === view.destination[3] &&
      words[at + 4] === label &&
      (view.version === 4 || this.#sameUpperWords(view, at + 6));
    return same ? words[at + 5] : undefined;
  }

  set(view: PacketView, label: number, value: number): void {
    const words = this.#words;
    const at = slotOf(view, label);
    words[at] = shapeOf(view);
    words[at + 1] = portsOf(view);
    words[at + 2] = view.source[3] ?? 0;
    words[at + 3] = view.destination[3] ?? 0;
    words[at + 4] = label;
    words[at + 5] = value;
    for (let word = 0; word < 3; word++) {
      words[at + 6 + word] = view.source[word] ?? 0;
      words[at + 9 + word] = view.destination[word] ?? 0;
    }
  }

  clear(): void {
    this.#words.fill(0);
  }

  #sameUpperWords(view: PacketView, at: number): boolean {
    for (let word = 0; word < 3; word++) {
      if (this.#words[at + word] !== view.source[word]) return false;
      if (this.#words[at + 3 + word] !== view.destination[word]) return false;
    }
    return true;
  }
}

/** 192 KB, which a second-level cache holds. */
const SLOT_BITS = 12;
const SLOTS = 1 << SLOT_BITS;
/** Shape, ports, the last words of both addresses, label, value; then the other words of both. */
const SLOT_WORDS = 12;

/** Never 0, which is an empty place. */
function shapeOf(view: PacketView): number {
  return (view.version << 16) | (view.hasPorts ? 0x100 : 0) | view.protocol;
}

function portsOf(view: PacketView): number {
  return ((view.sourcePort << 16) | view.destinationPort) >>> 0;
}

function slotOf(view: PacketView, label: number): number {
  let hash = Math.imul(view.source[3] ?? 0, 0x9e37_79b1) ^ Math.imul(view.destination[3] ?? 0, 0x85eb_ca77);
  hash ^= Math.imul(portsOf(view), 0xc2b2_ae3d) ^ Math.imul(view.protocol + label, 0x27d4_eb2f);
  if (view.version === 6) hash ^= upperHash(view.source) ^ Math.imul(upperHash(view.destination), 0x1656_67b1);
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b_3c6d);
  return ((hash ^ (hash >>> 13)) & (SLOTS - 1)) * SLOT_WORDS;
}

function upperHash(words: Uint32Array): number {
  const hash = Math.imul(words[0] ?? 0, 0x85eb_ca77) ^ Math.imul(words[1] ?? 0, 0xc2b2_ae3d);
  return hash ^ Math.imul(words[2] ?? 0, 0x27d4_eb2f);
}
