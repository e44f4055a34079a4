import { errnoName, NativeError } from './errno.ts';
import type { Fd, SocketOption } from './libc.ts';
import {
  lastErrno,
  lastError,
  libc,
  MSG_DONTWAIT,
  MSG_TRUNC,
  openSocket,
  SO_RCVTIMEO,
  SOCK_RAW,
  setOption,
  setReceiveBuffer,
} from './libc.ts';
import { ReadWatcher } from './read-watcher.ts';

export type NetlinkOptions = {
  /** Multicast groups by number (XFRMNLGRP_…, RTNLGRP_…). A socket with groups is for events only. */
  readonly groups?: readonly number[];
  /** Bytes. What does not fit while the loop is busy is lost and reported as an overrun. */
  readonly receiveBuffer?: number;
};

/**
 * A netlink socket, in one of two uses: requests, each sent and answered synchronously (some 10 microseconds), or
 * events of the multicast groups given at `open`. The two do not share a socket, so that no event can come between
 * a request and its answer.
 */
export class NetlinkSocket {
  readonly #fd: Fd;
  readonly #forEvents: boolean;
  readonly #buffer = new Uint8Array(RECEIVE_BYTES);
  readonly #sender = new Uint8Array(SOCKADDR_NL_BYTES);
  readonly #senderLength = new Uint32Array(1);
  #watcher: ReadWatcher | undefined;
  #closed = false;

  /** `protocol` is NETLINK_ROUTE (0), NETLINK_XFRM (6) and so on. @throws NativeError */
  static open(protocol: number, options: NetlinkOptions = {}): NetlinkSocket {
    const fd = openSocket(AF_NETLINK, SOCK_RAW, protocol);
    try {
      configure(fd, options);
    } catch (error) {
      libc.close(fd);
      throw error;
    }
    return new NetlinkSocket(fd, (options.groups ?? []).length > 0);
  }

  private constructor(fd: Fd, forEvents: boolean) {
    this.#fd = fd;
    this.#forEvents = forEvents;
  }

  /**
   * Sends one request and waits for its end: the acknowledgement, the error, or the end of the dump. The answer holds
   * each message of the request's nlmsg_seq with its header, the closing one included. NLM_F_ACK is set for the
   * caller, as without it many requests have no end. What the kernel refuses is in the messages; only a socket that
   * fails throws.
   * @throws NativeError; ETIMEDOUT where the kernel stays silent for 5 s
   */
  request(message: Uint8Array): Uint8Array[] {
    if (this.#forEvents) throw new TypeError('an event socket takes no requests');
    if (message.length < HEADER_BYTES) throw new RangeError('shorter than a netlink header');
    const request = message.slice();
    const view = viewOf(request);
    view.setUint16(6, view.getUint16(6, true) | NLM_F_ACK, true);
    this.#send(request);
    return this.#collect(view.getUint32(8, true));
  }

  /**
   * Delivers each datagram of the groups: one or more netlink messages, valid only during the call. `onOverrun` says
   * that events were lost and that the state of the kernel must be read again.
   */
  subscribe(onMessages: (datagram: Uint8Array) => void, onOverrun: () => void): void {
    if (this.#watcher !== undefined) throw new TypeError('already subscribed');
    this.#watcher = new ReadWatcher(this.#fd, () => this.#drain(onMessages, onOverrun));
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#watcher?.close();
    libc.close(this.#fd);
  }

  #send(request: Uint8Array): void {
    for (;;) {
      if (libc.send(this.#fd, request, request.length, 0) >= 0) return;
      if (errnoName(lastErrno()) !== 'EINTR') throw lastError('send netlink');
    }
  }

  #collect(sequence: number): Uint8Array[] {
    const answer: Uint8Array[] = [];
    for (;;) {
      const datagram = this.#receive(0);
      if (typeof datagram === 'number') throw new NativeError('recv netlink', datagram);
      for (const message of splitMessages(datagram)) {
        const view = viewOf(message);
        // A late answer to an earlier request that was given up.
        if (view.getUint32(8, true) !== sequence) continue;
        answer.push(message.slice());
        const type = view.getUint16(4, true);
        if (type === NLMSG_ERROR || type === NLMSG_DONE) return answer;
      }
    }
  }

  #drain(onMessages: (datagram: Uint8Array) => void, onOverrun: () => void): void {
    // Bounded, so that a flood of events leaves other work its turn; the rest makes another call.
    for (let count = 0; count < DATAGRAMS_PER_WAKE && !this.#closed; count++) {
      const datagram = this.#receive(MSG_DONTWAIT);
      if (typeof datagram !== 'number') {
        onMessages(datagram);
      } else if (errnoName(datagram) === 'ENOBUFS') {
        onOverrun();
      } else {
        return;
      }
    }
  }

  /** A datagram of the kernel, in the socket's own buffer, or the error number. */
  #receive(flags: number): Uint8Array | number {
    for (;;) {
      this.#senderLength[0] = SOCKADDR_NL_BYTES;
      const length = libc.recvfrom(
        this.#fd,
        this.#buffer,
        this.#buffer.length,
        flags | MSG_TRUNC,
        this.#sender,
        new Uint8Array(this.#senderLength.buffer),
      );
      if (length >= 0) {
        // Other processes can send to a netlink socket too: only port 0 is the kernel.
        if (viewOf(this.#sender).getUint32(4, true) !== 0) continue;
        if (length > this.#buffer.length) throw new NativeError('recv netlink', EMSGSIZE);
        return this.#buffer.subarray(0, length);
      }
      const errno = lastErrno();
      if (errnoName(errno) === 'EINTR') continue;
      return errnoName(errno) === 'EAGAIN' && flags === 0 ? ETIMEDOUT : errno;
    }
  }
}

/** The messages of one datagram, header included; a broken length ends the list. */
function* splitMessages(datagram: Uint8Array): Generator<Uint8Array> {
  const view = viewOf(datagram);
  let offset = 0;
  while (offset + HEADER_BYTES <= datagram.length) {
    const length = view.getUint32(offset, true);
    if (length < HEADER_BYTES || offset + length > datagram.length) return;
    yield datagram.subarray(offset, offset + length);
    offset += (length + 3) & ~3;
  }
}

function configure(fd: Fd, options: NetlinkOptions): void {
  if (options.receiveBuffer !== undefined) setReceiveBuffer(fd, options.receiveBuffer);
  // Refusals then carry the kernel's own words, and never echo the request, which may hold keys.
  setOption(fd, NETLINK_EXT_ACK, 1);
  setOption(fd, NETLINK_CAP_ACK, 1);
  setOption(fd, SO_RCVTIMEO, new Uint8Array(BigInt64Array.of(REQUEST_TIMEOUT_SECONDS, 0n).buffer));
  const address = new Uint8Array(SOCKADDR_NL_BYTES);
  viewOf(address).setUint16(0, AF_NETLINK, true);
  if (libc.bind(fd, address, address.length) < 0) throw lastError('bind netlink');
  for (const group of options.groups ?? []) setOption(fd, NETLINK_ADD_MEMBERSHIP, group);
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

const AF_NETLINK = 16;
const SOL_NETLINK = 270;
const NETLINK_ADD_MEMBERSHIP: SocketOption = { level: SOL_NETLINK, name: 1, label: 'NETLINK_ADD_MEMBERSHIP' };
const NETLINK_CAP_ACK: SocketOption = { level: SOL_NETLINK, name: 10, label: 'NETLINK_CAP_ACK' };
const NETLINK_EXT_ACK: SocketOption = { level: SOL_NETLINK, name: 11, label: 'NETLINK_EXT_ACK' };
/** `struct sockaddr_nl`: family, padding, port id, groups. */
const SOCKADDR_NL_BYTES = 12;
/** `struct nlmsghdr`: u32 length, u16 type, u16 flags, u32 sequence, u32 port id. */
const HEADER_BYTES = 16;
const NLM_F_ACK = 4;
const NLMSG_ERROR = 2;
const NLMSG_DONE = 3;
const EMSGSIZE = 90;
const ETIMEDOUT = 110;
/** The kernel fills datagrams of a dump up to 32 KB. */
const RECEIVE_BYTES = 65_536;
const DATAGRAMS_PER_WAKE = 256;
const REQUEST_TIMEOUT_SECONDS = 5n;
