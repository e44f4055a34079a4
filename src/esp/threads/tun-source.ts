import type { Arena } from '../../native/arena.ts';
import { createArena } from '../../native/arena.ts';
import { completeChecksum } from '../ip/checksum-offload.ts';
import { PacketView } from '../ip/packet-view.ts';
import { type SegmentSlots, writeSegments } from '../ip/segment.ts';
import { GSO_NONE, NEEDS_CHECKSUM, VirtioHeader } from '../ip/virtio-header.ts';
import { TAILROOM } from '../transform/transform.ts';
import type { TunPort } from './tun-port.ts';

/** Takes a packet, which it may use the memory around until the next `flush`. */
export type PacketTaker = {
  forward(at: number, length: number, wall: number): void;
  flush(): void;
};

/**
 * Takes packets off the TUN. What the kernel has left to us is done first: checksums, and large packets of TCP or UDP
 * that have to be segmented.
 */
export class TunSource {
  readonly arena: Arena;
  /** Room for what else a thread needs in the arena. */
  readonly spareAt: number;
  readonly #tun: Pick<TunPort, 'read' | 'headerBytes'>;
  readonly #header = new VirtioHeader();
  readonly #view = new PacketView();
  readonly #segments: SegmentSlots;

  /** `mtu` is the TUN's: no segment is longer. */
  constructor(tun: Pick<TunPort, 'read' | 'headerBytes'>, mtu: number, spareBytes: number) {
    this.#tun = tun;
    const stride = HEADROOM + mtu + TAILROOM;
    const segmentsAt = READS * READ_STRIDE;
    this.spareAt = segmentsAt + MAX_SEGMENTS * stride;
    this.arena = createArena(this.spareAt + spareBytes);
    this.#segments = { at: segmentsAt + HEADROOM, stride, room: mtu, lengths: new Int32Array(MAX_SEGMENTS) };
  }

  /** Room for one packet of any length, while nothing waits to be flushed. */
  get at(): number {
    return HEADROOM;
  }

  /** What waits in the TUN, a batch of it at most. `wall` is the time, milliseconds. */
  receive(taker: PacketTaker, wall: number): void {
    for (let read = 0, taken = 0; read < READS && taken < BATCH_BYTES; read++) {
      const at = read * READ_STRIDE + HEADROOM;
      const length = this.#tun.read(this.arena, at, MAX_PACKET);
      if (length === 0) break;
      taken += length;
      if (this.#tun.headerBytes === 0) taker.forward(at, length, wall);
      else this.#finish(taker, at, length, wall);
    }
    taker.flush();
  }

  #finish(taker: PacketTaker, at: number, length: number, wall: number): void {
    const header = this.#header;
    header.read(this.arena, at - this.#tun.headerBytes);
    if (header.gsoType !== GSO_NONE) this.#segment(taker, at, length, wall);
    else if ((header.flags & NEEDS_CHECKSUM) === 0 || completeChecksum(this.arena, at, length, header))
      taker.forward(at, length, wall);
  }

  #segment(taker: PacketTaker, at: number, length: number, wall: number): void {
    const { at: first, stride, lengths } = this.#segments;
    if (!this.#view.read(this.arena.bytes, at, length)) return;
    const count = writeSegments(this.arena, this.#view, this.#header, this.#segments);
    for (let index = 0; index < count; index++) taker.forward(first + index * stride, lengths[index] ?? 0, wall);
    // The next large packet is segmented into the same memory.
    if (count > 0) taker.flush();
  }
}

/** How many packets are taken before they are sent. */
const READS = 64;
/** A millisecond or two of work: the control side may wait for a command to be applied. */
const BATCH_BYTES = 256 * 1024;
const MAX_PACKET = 65_535;
/** Outer header, ESP or AH header with IV, and what the kernel puts in front of a packet of the TUN. */
const HEADROOM = 128;
const READ_STRIDE = HEADROOM + MAX_PACKET + 1 + TAILROOM;
/** Of the longest packet at the shortest segments that Linux makes (net.ipv4.tcp_min_snd_mss, 48). */
const MAX_SEGMENTS = 1_366;
