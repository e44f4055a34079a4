import type { AddressFamily } from '../base/net.ts';
import type { Arena } from './arena.ts';
import { createArena } from './arena.ts';
import { CMSGHDR_BYTES, CONTROL_MESSAGES, PACKET_INFO_ADDRESS } from './control-message.ts';
import type { Fd } from './libc.ts';
import { MSG_DONTWAIT, MSG_TRUNC } from './libc.ts';
import {
  CONTROL,
  CONTROL_LENGTH,
  FLAGS,
  IOVEC_BYTES,
  MMSGHDR_BYTES,
  NAME_LENGTH,
  RECEIVED_LENGTH,
  VECTOR,
  VECTOR_COUNT,
  writeAddress,
} from './message-header.ts';
import { receiveMessages } from './packet-calls.ts';
import { ADDRESS_OFFSET, SOCKET_ADDRESS_BYTES } from './socket-address.ts';

export type ReceiveRingOptions = {
  readonly family: AddressFamily;
  /** How many packets one call may bring; default 64. */
  readonly count?: number;
  /** The longest packet; default is what UDP can carry, which UDP_GRO needs. Longer ones come out with length 0. */
  readonly slotBytes?: number;
  /** Bytes before and behind each packet that are the caller's; default 128 and 320. */
  readonly headroom?: number;
  readonly tailroom?: number;
  /** Bytes behind all packets for whatever the caller makes of them, see `spareAt`. Default none. */
  readonly spareBytes?: number;
};

/**
 * Receives packets in batches into memory that is laid out once, and says of each where it came from and to which
 * address, without allocating. What is said of a packet holds until the next `receive`.
 *
 * Addresses are four words in host order; those of IPv4 are 0, 0, 0 and the address.
 */
export class ReceiveRing {
  /** Where the packets are. */
  readonly arena: Arena;
  /** Where the spare bytes begin in it. */
  readonly spareAt: number;
  readonly count: number;
  readonly #family: AddressFamily;
  readonly #known: (typeof CONTROL_MESSAGES)[AddressFamily];
  readonly #headroom: number;
  readonly #stride: number;
  /** `struct mmsghdr` of all packets, then for each its socket address, iovec and control messages. */
  readonly #meta: Arena;
  readonly #lengths: Int32Array;
  /** Offsets within `#meta` of the own address; 0 where the kernel has not told. */
  readonly #locals: Int32Array;
  readonly #trafficClasses: Uint8Array;
  readonly #segments: Int32Array;
  /** How many headers the kernel has written to. */
  #used: number;

  constructor(options: ReceiveRingOptions) {
    const { family, count = 64, slotBytes = 65_536, headroom = 128, tailroom = 320, spareBytes = 0 } = options;
    this.count = count;
    this.#family = family;
    this.#known = CONTROL_MESSAGES[family];
    this.#headroom = headroom;
    this.#stride = headroom + slotBytes + tailroom;
    this.spareAt = count * this.#stride;
    this.arena = createArena(this.spareAt + spareBytes);
    this.#meta = createArena(count * (MMSGHDR_BYTES + PARTS_BYTES));
    this.#lengths = new Int32Array(count);
    this.#locals = new Int32Array(count);
    this.#trafficClasses = new Uint8Array(count);
    this.#segments = new Int32Array(count);
    this.#used = count;
    for (let index = 0; index < count; index++) this.#layOut(index, slotBytes);
  }

  /** How many packets came, in the slots from 0; `-EAGAIN` where there are none, or another negative error number. */
  receive(fd: Fd): number {
    for (let index = 0; index < this.#used; index++) this.#prepare(index);
    this.#used = 0;
    const received = receiveMessages(fd, this.#meta.address, this.count, MSG_DONTWAIT);
    if (received <= 0) return received;
    this.#used = received;
    for (let index = 0; index < received; index++) this.#read(index);
    return received;
  }

  /** Where the packet begins in `arena`. */
  offset(index: number): number {
    return index * this.#stride + this.#headroom;
  }

  /** Bytes; 0 of a packet that did not fit. */
  length(index: number): number {
    return this.#lengths[index] ?? 0;
  }

  /** The sender's address, word 0 to 3. */
  peer(index: number, word: number): number {
    const start = this.#parts(index) + ADDRESS_OFFSET[this.#family];
    return this.#word(start, word);
  }

  /** The sender's UDP port; 0 of raw sockets. */
  peerPort(index: number): number {
    return this.#meta.view.getUint16(this.#parts(index) + 2);
  }

  /** The own address that it came to, word 0 to 3; all 0 where the kernel has not told. */
  local(index: number, word: number): number {
    const start = this.#locals[index] ?? 0;
    return start === 0 ? 0 : this.#word(start, word);
  }

  /** DSCP and ECN of the outer header. */
  trafficClass(index: number): number {
    return this.#trafficClasses[index] ?? 0;
  }

  /** Where the slot holds several packets of one sender (UDP_GRO): the length of each but the last; otherwise 0. */
  segment(index: number): number {
    return this.#segments[index] ?? 0;
  }

  #word(start: number, word: number): number {
    if (this.#family === 6) return this.#meta.view.getUint32(start + word * 4);
    return word === 3 ? this.#meta.view.getUint32(start) : 0;
  }

  #parts(index: number): number {
    return this.count * MMSGHDR_BYTES + index * PARTS_BYTES;
  }

  #layOut(index: number, slotBytes: number): void {
    const { view, address } = this.#meta;
    const header = index * MMSGHDR_BYTES;
    const parts = this.#parts(index);
    writeAddress(view, header, address + parts);
    writeAddress(view, header + VECTOR, address + parts + VECTOR_AT);
    view.setUint32(header + VECTOR_COUNT, 1, true);
    writeAddress(view, header + CONTROL, address + parts + CONTROL_AT);
    writeAddress(view, parts + VECTOR_AT, this.arena.address + this.offset(index));
    view.setUint32(parts + VECTOR_AT + 8, slotBytes, true);
  }

  /** The kernel has overwritten the lengths with what it used of them. */
  #prepare(index: number): void {
    const { view } = this.#meta;
    view.setUint32(index * MMSGHDR_BYTES + NAME_LENGTH, SOCKET_ADDRESS_BYTES[this.#family], true);
    view.setUint32(index * MMSGHDR_BYTES + CONTROL_LENGTH, CONTROL_BYTES, true);
  }

  #read(index: number): void {
    const { view } = this.#meta;
    const header = index * MMSGHDR_BYTES;
    const truncated = (view.getUint32(header + FLAGS, true) & MSG_TRUNC) !== 0;
    this.#lengths[index] = truncated ? 0 : view.getInt32(header + RECEIVED_LENGTH, true);
    this.#locals[index] = 0;
    this.#trafficClasses[index] = 0;
    this.#segments[index] = 0;
    this.#readControl(index, view.getUint32(header + CONTROL_LENGTH, true));
  }

  #readControl(index: number, length: number): void {
    const { view } = this.#meta;
    const known = this.#known;
    let at = this.#parts(index) + CONTROL_AT;
    const end = at + Math.min(length, CONTROL_BYTES);
    while (at + CMSGHDR_BYTES <= end) {
      const size = view.getUint32(at, true);
      if (size < CMSGHDR_BYTES || at + size > end) return;
      const level = view.getInt32(at + 8, true);
      const type = view.getInt32(at + 12, true);
      const data = at + CMSGHDR_BYTES;
      if (level === known.packetInfo.level && type === known.packetInfo.type)
        this.#locals[index] = data + PACKET_INFO_ADDRESS[this.#family];
      else if (level === known.trafficClass.level && type === known.trafficClass.type)
        this.#trafficClasses[index] = view.getUint8(data);
      else if (level === known.coalesced.level && type === known.coalesced.type)
        this.#segments[index] = view.getUint16(data, true);
      at += (size + 7) & ~7;
    }
  }
}

/** Of one packet: the socket address (28, padded), the iovec, the control messages. */
const VECTOR_AT = 32;
const CONTROL_AT = VECTOR_AT + IOVEC_BYTES;
/** Packet information (40), traffic class (24), segment length (24), and some to spare. */
const CONTROL_BYTES = 144;
const PARTS_BYTES = CONTROL_AT + CONTROL_BYTES;
