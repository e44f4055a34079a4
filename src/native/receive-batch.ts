import type { AddressFamily, Endpoint, IpAddress } from '../base/net.ts';
import { errnoName } from './errno.ts';
import type { Fd } from './libc.ts';
import { lastErrno, libc, MSG_DONTWAIT, MSG_TRUNC } from './libc.ts';
import type { MessageParts } from './message-header.ts';
import {
  CONTROL_LENGTH,
  FLAGS,
  IOVEC_BYTES,
  MMSGHDR_BYTES,
  NAME_LENGTH,
  RECEIVED_LENGTH,
  writeMessageHeader,
} from './message-header.ts';
import { DATAGRAM_BYTES } from './outgoing-datagram.ts';
import { CONTROL_BYTES, decodePacketInfo } from './packet-info.ts';
import { decodeSocketAddress, SOCKET_ADDRESS_BYTES } from './socket-address.ts';

/** A datagram with the address that it was sent to. `bytes` is memory of its own. */
export type Received = { readonly localAddress: IpAddress; readonly remote: Endpoint; readonly bytes: Uint8Array };

/** Reads several datagrams with one system call, into memory that is laid out once. */
export class ReceiveBatch {
  readonly #family: AddressFamily;
  readonly #headers = new Uint8Array(BATCH * MMSGHDR_BYTES);
  readonly #view = new DataView(this.#headers.buffer);
  readonly #slots: readonly MessageParts[];

  constructor(family: AddressFamily) {
    this.#family = family;
    const data = new Uint8Array(BATCH * DATAGRAM_BYTES);
    this.#slots = Array.from({ length: BATCH }, (_, index) => ({
      name: new Uint8Array(new ArrayBuffer(SOCKET_ADDRESS_BYTES[family])),
      vector: new Uint8Array(new ArrayBuffer(IOVEC_BYTES)),
      data: data.subarray(index * DATAGRAM_BYTES, (index + 1) * DATAGRAM_BYTES),
      control: new Uint8Array(new ArrayBuffer(CONTROL_BYTES)),
    }));
    for (const [index, slot] of this.#slots.entries()) writeMessageHeader(this.#view, index * MMSGHDR_BYTES, slot);
  }

  /** What waits in the socket, at most 32 datagrams; it never blocks. */
  receive(fd: Fd): Received[] {
    const count = this.#receiveInto(fd);
    const received: Received[] = [];
    for (let index = 0; index < count; index++) {
      const slot = this.#slots[index];
      const datagram = slot && this.#take(index * MMSGHDR_BYTES, slot);
      if (datagram !== undefined) received.push(datagram);
      this.#prepare(index);
    }
    return received;
  }

  /** For the next one: the kernel has overwritten the lengths with what it used of them. */
  #prepare(index: number): void {
    const offset = index * MMSGHDR_BYTES;
    this.#view.setUint32(offset + NAME_LENGTH, SOCKET_ADDRESS_BYTES[this.#family], true);
    // The upper half stays 0.
    this.#view.setUint32(offset + CONTROL_LENGTH, CONTROL_BYTES, true);
  }

  #receiveInto(fd: Fd): number {
    for (;;) {
      const count = libc.recvmmsg(fd, this.#headers, BATCH, MSG_DONTWAIT, null);
      if (count >= 0) return count;
      if (errnoName(lastErrno()) !== 'EINTR') return 0;
    }
  }

  #take(offset: number, slot: MessageParts): Received | undefined {
    const length = this.#view.getUint32(offset + RECEIVED_LENGTH, true);
    const controlLength = this.#view.getUint32(offset + CONTROL_LENGTH, true);
    const localAddress = decodePacketInfo(this.#family, slot.control.subarray(0, controlLength));
    const truncated = (this.#view.getInt32(offset + FLAGS, true) & MSG_TRUNC) !== 0;
    if (localAddress === undefined || truncated) return undefined;
    return {
      localAddress,
      remote: decodeSocketAddress(this.#family, slot.name),
      bytes: slot.data.slice(0, length),
    };
  }
}

/** As many as one wake-up reads, so that a flood leaves timers and other sockets their turn. */
const BATCH = 32;
