import type { AddressFamily } from '../base/net.ts';
import type { Arena } from './arena.ts';
import { createArena } from './arena.ts';
import { CMSGHDR_BYTES, CONTROL_MESSAGES, type ControlMessage } from './control-message.ts';
import { EAGAIN, EINTR } from './errno.ts';
import type { Fd } from './libc.ts';
import {
  CONTROL,
  CONTROL_LENGTH,
  IOVEC_BYTES,
  MMSGHDR_BYTES,
  NAME_LENGTH,
  VECTOR,
  VECTOR_COUNT,
  writeAddress,
} from './message-header.ts';
import { sendMessages } from './packet-calls.ts';
import type { SendPath } from './send-path.ts';
import { PATH_CONTROL } from './send-path.ts';

export type SendRingOptions = {
  /** A socket that blocks, with a timeout: `flush` waits for room, and gives up what is left where none comes. */
  readonly fd: Fd;
  readonly family: AddressFamily;
  /** How many packets fit; default 64. */
  readonly count?: number;
  /** Whether neighbours of one path and length go as one message (UDP_SEGMENT); the socket was opened for that. */
  readonly segmentation?: boolean;
};

/** Collects packets and sends them in batches, without allocating. What was added must not change before `flush`. */
export class SendRing {
  readonly count: number;
  /** Of the last `flush`: the error number of the first message that was not sent, its path, and how many packets were lost. */
  failure = 0;
  failedPath: SendPath | undefined;
  failed = 0;
  readonly #fd: Fd;
  readonly #family: AddressFamily;
  readonly #segmentation: boolean;
  /** `struct mmsghdr` of all messages, then their control messages, then the iovecs of all packets. */
  readonly #meta: Arena;
  readonly #paths: (SendPath | undefined)[];
  /** Of each message: how many packets, and their length, where all are of one length so far; 0 where none may follow. */
  readonly #packets: Int32Array;
  readonly #segments: Int32Array;
  readonly #trafficClasses: Int32Array;
  readonly #bytes: Int32Array;
  #messages = 0;
  #added = 0;

  constructor(options: SendRingOptions) {
    const { fd, family, count = 64, segmentation = false } = options;
    this.count = count;
    this.#fd = fd;
    this.#family = family;
    this.#segmentation = segmentation;
    this.#meta = createArena(count * (MMSGHDR_BYTES + CONTROL_BYTES + IOVEC_BYTES));
    this.#paths = new Array<SendPath | undefined>(count).fill(undefined);
    this.#packets = new Int32Array(count);
    this.#segments = new Int32Array(count);
    this.#trafficClasses = new Int32Array(count);
    this.#bytes = new Int32Array(count);
    for (let index = 0; index < count; index++) this.#layOut(index);
  }

  /** Whether there is no room for another packet. */
  get full(): boolean {
    return this.#added === this.count;
  }

  /** How many packets wait for `flush`. */
  get waiting(): number {
    return this.#added;
  }

  /** Adds the packet at a machine address; there is room, see `full`. `trafficClass` is DSCP and ECN of the outer header. */
  add(path: SendPath, address: number, length: number, trafficClass: number): void {
    const { view } = this.#meta;
    const vector = this.#vector(this.#added);
    writeAddress(view, vector, address);
    view.setUint32(vector + 8, length, true);
    if (!this.#joins(path, length, trafficClass)) this.#begin(path, length, trafficClass);
    this.#added++;
  }

  /** Sends what was added. How many packets were sent: what cannot be sent is lost, as on the network; see `failure`. */
  flush(): number {
    this.failure = 0;
    this.failedPath = undefined;
    this.failed = 0;
    for (let at = 0, packet = 0; at < this.#messages; ) {
      const sent = this.#send(at, this.#messages - at);
      if (sent === -EAGAIN) {
        this.#fail(at, EAGAIN, this.#added - packet);
        break;
      }
      if (sent < 0) this.#sendSingly(at, packet, -sent);
      for (const end = at + Math.max(sent, 1); at < end; at++) packet += this.#packets[at] ?? 0;
    }
    const added = this.#added;
    this.#messages = 0;
    this.#added = 0;
    return added - this.failed;
  }

  /** How many messages from `message` on were sent, or the negative error number of the first. */
  #send(message: number, count: number): number {
    let tried = false;
    for (;;) {
      const sent = sendMessages(this.#fd, this.#meta.address + message * MMSGHDR_BYTES, count, 0);
      if (sent === -EINTR) continue;
      if (sent >= 0 || sent === -EAGAIN || tried) return sent;
      // It may be an ICMP error that a packet before this one has brought: that is told once.
      tried = true;
    }
  }

  /**
   * The packets of a message that was refused, `first` and those after it. The kernel takes no segments that are longer
   * than the path, even where it would have fragmented the packet: what it does not take as one, it gets one by one.
   */
  #sendSingly(message: number, first: number, errno: number): void {
    const packets = this.#packets[message] ?? 0;
    if (packets <= 1) return this.#fail(message, errno);
    const { view, address } = this.#meta;
    const header = message * MMSGHDR_BYTES;
    view.setUint32(header + VECTOR_COUNT, 1, true);
    view.setUint32(header + CONTROL_LENGTH, view.getUint32(header + CONTROL_LENGTH, true) - VALUE_BYTES, true);
    for (let packet = first; packet < first + packets; packet++) {
      writeAddress(view, header + VECTOR, address + this.#vector(packet));
      const sent = this.#send(message, 1);
      if (sent === -EAGAIN) return this.#fail(message, EAGAIN, first + packets - packet);
      if (sent < 0) this.#fail(message, -sent);
    }
  }

  #fail(message: number, errno: number, packets = 1): void {
    this.failed += packets;
    if (this.failure !== 0) return;
    this.failure = errno;
    this.failedPath = this.#paths[message];
  }

  #begin(path: SendPath, length: number, trafficClass: number): void {
    const { view, address } = this.#meta;
    const message = this.#messages++;
    const header = message * MMSGHDR_BYTES;
    const control = this.#control(message);
    if (this.#paths[message] !== path) this.#setPath(message, path);
    writeAddress(view, header + VECTOR, address + this.#vector(this.#added));
    view.setUint32(header + VECTOR_COUNT, 1, true);
    view.setUint32(header + CONTROL_LENGTH, path.controlLength + VALUE_BYTES, true);
    view.setInt32(control + path.controlLength + CMSGHDR_BYTES, trafficClass, true);
    this.#packets[message] = 1;
    this.#segments[message] = length;
    this.#trafficClasses[message] = trafficClass;
    this.#bytes[message] = length;
  }

  /** Whether the packet goes with the message before it: the segments of one are equally long but for the last. */
  #joins(path: SendPath, length: number, trafficClass: number): boolean {
    const message = this.#messages - 1;
    const packets = this.#packets[message] ?? 0;
    const segment = this.#segments[message] ?? 0;
    const bytes = (this.#bytes[message] ?? 0) + length;
    if (!this.#segmentation || message < 0 || this.#paths[message] !== path) return false;
    if (length > segment || packets === MAX_SEGMENTS || bytes > MAX_SEGMENTED_BYTES) return false;
    if (this.#trafficClasses[message] !== trafficClass) return false;
    const { view } = this.#meta;
    const header = message * MMSGHDR_BYTES;
    if (packets === 1) {
      const control = path.controlLength + VALUE_BYTES;
      view.setUint16(this.#control(message) + control + CMSGHDR_BYTES, segment, true);
      view.setUint32(header + CONTROL_LENGTH, control + VALUE_BYTES, true);
    }
    view.setUint32(header + VECTOR_COUNT, packets + 1, true);
    this.#packets[message] = packets + 1;
    this.#bytes[message] = bytes;
    if (length < segment) this.#segments[message] = 0;
    return true;
  }

  #setPath(message: number, path: SendPath): void {
    const { bytes, view } = this.#meta;
    const header = message * MMSGHDR_BYTES;
    const control = this.#control(message);
    writeAddress(view, header, path.arena.address);
    view.setUint32(header + NAME_LENGTH, path.nameLength, true);
    for (let at = 0; at < path.controlLength; at++) bytes[control + at] = path.arena.bytes[PATH_CONTROL + at] ?? 0;
    const known = CONTROL_MESSAGES[this.#family];
    this.#writeControlHeader(control + path.controlLength, known.trafficClass, 4);
    this.#writeControlHeader(control + path.controlLength + VALUE_BYTES, known.segmented, 2);
    this.#paths[message] = path;
  }

  #writeControlHeader(at: number, { level, type }: ControlMessage, bytes: number): void {
    const { view } = this.#meta;
    view.setUint32(at, CMSGHDR_BYTES + bytes, true);
    view.setInt32(at + 8, level, true);
    view.setInt32(at + 12, type, true);
  }

  #layOut(index: number): void {
    writeAddress(this.#meta.view, index * MMSGHDR_BYTES + CONTROL, this.#meta.address + this.#control(index));
  }

  #control(message: number): number {
    return this.count * MMSGHDR_BYTES + message * CONTROL_BYTES;
  }

  #vector(packet: number): number {
    return this.count * (MMSGHDR_BYTES + CONTROL_BYTES) + packet * IOVEC_BYTES;
  }
}

/** A control message with one number, padded. */
const VALUE_BYTES = CMSGHDR_BYTES + 8;
/** The own address (40), traffic class, segment length. */
const CONTROL_BYTES = 40 + 2 * VALUE_BYTES;
/** What every kernel with UDP_SEGMENT takes: 64 segments, and what fits one UDP datagram over IPv4. */
const MAX_SEGMENTS = 64;
const MAX_SEGMENTED_BYTES = 65_507;
