import { pseudoHeaderSum, sumOf, sumWith } from './checksum.ts';
import { CoalesceLane, LANE_BYTES, type PacketSink } from './coalesce-lane.ts';
import type { PacketMemory } from './packet-memory.ts';
import type { PacketView } from './packet-view.ts';
import { VIRTIO_HEADER, writePlainHeader } from './virtio-header.ts';

/**
 * Joins TCP segments of one flow that follow each other into one packet for the TUN (generic receive offload), so that
 * the kernel handles few large ones. Several flows may be under way at once, each in a lane of its own; nothing overtakes
 * a segment of its flow.
 */
export class Coalescer {
  readonly #memory: PacketMemory;
  readonly #write: PacketSink;
  readonly #lanes: readonly CoalesceLane[];
  #nextVictim = 0;

  /** `at` is where `bytesFor(lanes)` bytes of the memory are for the joined packets. */
  constructor(memory: PacketMemory, at: number, lanes: number, write: PacketSink) {
    this.#memory = memory;
    this.#write = write;
    this.#lanes = Array.from({ length: lanes }, (_, index) => new CoalesceLane(memory, at + index * LANE_BYTES));
  }

  static bytesFor(lanes: number): number {
    return lanes * LANE_BYTES;
  }

  /**
   * Joins a packet to others or writes it. It and the VIRTIO_HEADER bytes in front of it must stay until `flush`, and
   * belong to this. Only a segment whose checksum is right is joined, as the kernel makes a new one.
   */
  take(packet: PacketView): void {
    if (packet.protocol !== TCP) {
      this.#pass(packet);
      return;
    }
    const data = joinableData(this.#memory.view, packet);
    const lane = this.#laneOf(packet);
    if (data > 0 && lane?.append(packet, data) === true) {
      if (lane.isClosed) lane.flush(this.#write);
      return;
    }
    lane?.flush(this.#write);
    if (data === 0) this.#pass(packet);
    else this.#begin(lane ?? this.#freeLane(), packet, data);
  }

  /** Writes all that waits for more; at the end of each batch. */
  flush(): void {
    for (const lane of this.#lanes) lane.flush(this.#write);
  }

  #begin(lane: CoalesceLane, packet: PacketView, data: number): void {
    lane.begin(packet, data);
    if (lane.isClosed) lane.flush(this.#write);
  }

  #pass(packet: PacketView): void {
    writePlainHeader(this.#memory, packet.at - VIRTIO_HEADER);
    this.#write(packet.at - VIRTIO_HEADER, VIRTIO_HEADER + packet.totalLength);
  }

  #laneOf(packet: PacketView): CoalesceLane | undefined {
    for (const lane of this.#lanes) if (lane.isOfFlow(packet)) return lane;
    return undefined;
  }

  /** An empty one, or else each in turn is made so. */
  #freeLane(): CoalesceLane {
    for (const lane of this.#lanes) if (lane.isEmpty) return lane;
    const victim = this.#lanes[this.#nextVictim % this.#lanes.length] as CoalesceLane;
    this.#nextVictim = (this.#nextVictim + 1) % this.#lanes.length;
    victim.flush(this.#write);
    return victim;
  }
}

const TCP = 6;
const IPV4_HEADER = 20;
const IPV6_HEADER = 40;
const TCP_HEADER = 20;
const DONT_FRAGMENT = 0x4000;
const ACK = 0x10;
const PSH = 0x08;
const ECE = 0x40;

/** How much data a segment carries that may be joined to others; 0 for any other. */
function joinableData(view: DataView, packet: PacketView): number {
  if (!hasPlainIpHeader(view, packet)) return 0;
  const tcp = packet.at + packet.headerLength;
  const length = packet.totalLength - packet.headerLength;
  if (length <= TCP_HEADER) return 0;
  const header = (view.getUint8(tcp + 12) >> 4) * 4;
  const flags = view.getUint8(tcp + 13);
  if (header < TCP_HEADER || (flags & ~(PSH | ECE)) !== ACK || header >= length) return 0;
  const sum = sumWith(pseudoHeaderSum(view, packet, length), sumOf(view, tcp, length));
  return sum === 0xffff ? length - header : 0;
}

/** No options, no extension headers, no fragment. */
function hasPlainIpHeader(view: DataView, packet: PacketView): boolean {
  if (packet.version === 6) return packet.headerLength === IPV6_HEADER;
  return packet.headerLength === IPV4_HEADER && (view.getUint16(packet.at + 6) & ~DONT_FRAGMENT) === 0;
}
