/**
 * What SAs and threads count, in memory that all threads share: each number is written by one thread and read by the
 * control side, so that a query costs no thread a moment.
 */
export class Counters {
  readonly buffer: SharedArrayBuffer;
  readonly #numbers: Float64Array;

  constructor(buffer = new SharedArrayBuffer(BYTES)) {
    this.buffer = buffer;
    this.#numbers = new Float64Array(buffer);
  }

  /** Begins a slot anew. */
  clear(slot: number): void {
    this.#numbers.fill(0, slot * FIELDS, (slot + 1) * FIELDS);
  }

  /** One more packet of `bytes`; `at` is the wall clock, milliseconds. */
  count(slot: number, bytes: number, at: number): void {
    const base = slot * FIELDS;
    (this.#numbers[base + PACKETS] as number) += 1;
    (this.#numbers[base + BYTES_CARRIED] as number) += bytes;
    this.#numbers[base + LAST_USED] = at;
  }

  packets(slot: number): number {
    return this.#numbers[slot * FIELDS + PACKETS] ?? 0;
  }

  bytes(slot: number): number {
    return this.#numbers[slot * FIELDS + BYTES_CARRIED] ?? 0;
  }

  /** Wall clock, milliseconds; undefined before the first packet. */
  lastUsedAt(slot: number): number | undefined {
    return this.#numbers[slot * FIELDS + LAST_USED] || undefined;
  }

  /** Packets that were dropped. */
  drop(why: Drop, packets = 1): void {
    (this.#numbers[DROPS_AT + DROPS.indexOf(why)] as number) += packets;
  }

  /** How many were dropped and why, without those that never were. */
  drops(): ReadonlyMap<Drop, number> {
    const counted = DROPS.map((why, index) => [why, this.#numbers[DROPS_AT + index] ?? 0] as const);
    return new Map(counted.filter(([, count]) => count > 0));
  }
}

/** Why packets are dropped: the names of Linux (net/xfrm/xfrm_proc.c), which count the same in the kernel's data plane. */
export const DROPS = [
  'XfrmInNoStates',
  'XfrmInStateSeqError',
  'XfrmInStateProtoError',
  'XfrmInHdrError',
  'XfrmInStateModeError',
  'XfrmInNoPols',
  'XfrmInError',
  'XfrmOutNoStates',
  'XfrmOutPolBlock',
  'XfrmOutStateSeqError',
  'XfrmOutStateModeError',
  'XfrmOutStateProtoError',
  'XfrmOutBundleGenError',
] as const;
export type Drop = (typeof DROPS)[number];

/** More SAs than 20 tunnels of 400 pairs need while all are rekeyed. */
export const SLOTS = 65_536;
const FIELDS = 3;
const PACKETS = 0;
const BYTES_CARRIED = 1;
const LAST_USED = 2;
const DROPS_AT = SLOTS * FIELDS;
const BYTES = (DROPS_AT + DROPS.length) * Float64Array.BYTES_PER_ELEMENT;
