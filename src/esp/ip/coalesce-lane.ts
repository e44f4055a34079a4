import { pseudoHeaderSum, setHeaderChecksum } from './checksum.ts';
import type { PacketMemory } from './packet-memory.ts';
import { PacketView } from './packet-view.ts';
import { GSO_TCPV4, GSO_TCPV6, VIRTIO_HEADER, writePlainHeader, writeSegmentsHeader } from './virtio-header.ts';

/** Takes what is to be written to the TUN: its header and the packet behind it, `length` bytes together. */
export type PacketSink = (at: number, length: number) => void;

/** Memory for one lane: the header of the TUN, and the longest packet. */
export const LANE_BYTES = 65_552;

/**
 * Segments of one flow that are becoming one packet. The first stays where it is until there is a second; then both are
 * in the lane's own memory.
 */
export class CoalesceLane {
  readonly #memory: PacketMemory;
  readonly #own: number;
  readonly #first = new PacketView();
  #count = 0;
  #at = 0;
  #headers = 0;
  #length = 0;
  #segmentData = 0;
  #nextSequence = 0;
  #isClosed = false;

  /** `own` is where its LANE_BYTES begin. */
  constructor(memory: PacketMemory, own: number) {
    this.#memory = memory;
    this.#own = own + VIRTIO_HEADER;
  }

  get isEmpty(): boolean {
    return this.#count === 0;
  }

  /** Nothing can be joined any more: the sender has pushed, or the last segment was a short one. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** `data` is how much of it the segment carries. */
  begin(packet: PacketView, data: number): void {
    const { bytes, view } = this.#memory;
    this.#first.read(bytes, packet.at, packet.totalLength);
    this.#count = 1;
    this.#at = packet.at;
    this.#headers = packet.totalLength - data;
    this.#length = packet.totalLength;
    this.#segmentData = data;
    this.#nextSequence = (view.getUint32(packet.at + packet.headerLength + 4) + data) >>> 0;
    this.#isClosed = pushed(view, packet) !== 0;
  }

  isOfFlow(packet: PacketView): boolean {
    const first = this.#first;
    if (this.#count === 0 || first.version !== packet.version) return false;
    if (first.sourcePort !== packet.sourcePort || first.destinationPort !== packet.destinationPort) return false;
    return sameWords(first.source, packet.source) && sameWords(first.destination, packet.destination);
  }

  /** Joins the next segment of the flow; false where it is not just that. */
  append(packet: PacketView, data: number): boolean {
    const { bytes, view } = this.#memory;
    if (this.#isClosed || data > this.#segmentData || this.#length + data > MAX_PACKET) return false;
    if (packet.totalLength - data !== this.#headers || !this.#follows(packet)) return false;
    if (this.#count === 1) this.#moveIn();
    bytes.copyWithin(this.#at + this.#length, packet.at + this.#headers, packet.at + packet.totalLength);
    this.#count++;
    this.#length += data;
    this.#nextSequence = (this.#nextSequence + data) >>> 0;
    const push = pushed(view, packet);
    const flags = this.#at + this.#first.headerLength + 13;
    view.setUint8(flags, view.getUint8(flags) | push);
    this.#isClosed = push !== 0 || data < this.#segmentData;
    return true;
  }

  /** Writes what there is, and is empty. */
  flush(write: PacketSink): void {
    if (this.#count === 0) return;
    if (this.#count === 1) writePlainHeader(this.#memory, this.#at - VIRTIO_HEADER);
    else this.#finish();
    this.#count = 0;
    write(this.#at - VIRTIO_HEADER, VIRTIO_HEADER + this.#length);
  }

  #moveIn(): void {
    this.#memory.bytes.copyWithin(this.#own, this.#at, this.#at + this.#length);
    this.#at = this.#own;
    this.#first.at = this.#own;
  }

  /** The same headers but for what must differ; an identification that may be fragmented must count on. */
  #follows(packet: PacketView): boolean {
    const { view } = this.#memory;
    const first = this.#at;
    const tcp = this.#first.headerLength;
    if (view.getUint32(packet.at + tcp + 4) !== this.#nextSequence) return false;
    if (packet.version === 6 ? !this.#followsIpv6(packet.at) : !this.#followsIpv4(packet.at)) return false;
    if (view.getUint32(packet.at + tcp + 8) !== view.getUint32(first + tcp + 8)) return false;
    const differing = view.getUint32(packet.at + tcp + 12) ^ view.getUint32(first + tcp + 12);
    if ((differing & ~(PSH << 16)) !== 0) return false;
    if (view.getUint16(packet.at + tcp + 18) !== view.getUint16(first + tcp + 18)) return false;
    for (let at = tcp + 20; at < this.#headers; at += 4) {
      if (view.getUint32(packet.at + at) !== view.getUint32(first + at)) return false;
    }
    return true;
  }

  #followsIpv4(at: number): boolean {
    const { view } = this.#memory;
    const first = this.#at;
    if (view.getUint16(at) !== view.getUint16(first)) return false;
    if (view.getUint32(at + 6) !== view.getUint32(first + 6)) return false;
    return this.#first.df || view.getUint16(at + 4) === ((view.getUint16(first + 4) + this.#count) & 0xffff);
  }

  #followsIpv6(at: number): boolean {
    const { view } = this.#memory;
    return view.getUint32(at) === view.getUint32(this.#at) && view.getUint16(at + 6) === view.getUint16(this.#at + 6);
  }

  /** The lengths of the whole, and the pseudo-header's sum for who completes the checksum. */
  #finish(): void {
    const { view } = this.#memory;
    const { version, headerLength } = this.#first;
    const upper = this.#length - headerLength;
    if (version === 4) {
      view.setUint16(this.#at + 2, this.#length);
      setHeaderChecksum(view, this.#at, headerLength);
    } else {
      view.setUint16(this.#at + 4, upper);
    }
    view.setUint16(this.#at + headerLength + 16, pseudoHeaderSum(view, this.#first, upper));
    const header = this.#at - VIRTIO_HEADER;
    const gsoType = version === 4 ? GSO_TCPV4 : GSO_TCPV6;
    writeSegmentsHeader(this.#memory, header, gsoType, headerLength, this.#headers, this.#segmentData);
  }
}

/** What the length of an IPv4 packet can say. */
const MAX_PACKET = 65_535;
const PSH = 0x08;

function pushed(view: DataView, packet: PacketView): number {
  return view.getUint8(packet.at + packet.headerLength + 13) & PSH;
}

function sameWords(a: Uint32Array, b: Uint32Array): boolean {
  return a[3] === b[3] && a[2] === b[2] && a[1] === b[1] && a[0] === b[0];
}
