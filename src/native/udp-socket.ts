import type { AddressFamily, Endpoint } from '../base/net.ts';
import { errnoName } from './errno.ts';
import type { Fd } from './libc.ts';
import { lastErrno, lastError, libc, MSG_DONTWAIT, openSocket, SOCK_DGRAM, SOCK_NONBLOCK } from './libc.ts';
import type { MessageParts } from './message-header.ts';
import { IOVEC_BYTES, MSGHDR_BYTES, writeMessageHeader } from './message-header.ts';
import { encodePacketInfo } from './packet-info.ts';
import { ReadWatcher } from './read-watcher.ts';
import { ReceiveBatch } from './receive-batch.ts';
import { AF_INET, AF_INET6, decodeSocketAddress, encodeSocketAddress, SOCKET_ADDRESS_BYTES } from './socket-address.ts';
import type { UdpOptions } from './udp-options.ts';
import { configureUdp } from './udp-options.ts';

export type Datagram = { readonly local: Endpoint; readonly remote: Endpoint; readonly bytes: Uint8Array };

/**
 * A UDP socket on all addresses of one family. It tells which own address a datagram came to and lets the sender
 * choose the own address to send from: a gateway has several, and IKE must answer from the one that was asked.
 */
export class UdpSocket {
  readonly family: AddressFamily;
  /** The port that it is bound to. */
  readonly port: number;
  readonly #fd: Fd;
  #watcher: ReadWatcher | undefined;
  #sending: MessageParts | undefined;
  #closed = false;

  /** @throws NativeError, such as `bind: EADDRINUSE`, `socket: EAFNOSUPPORT` or `setsockopt UDP_ENCAP: ENOPROTOOPT` */
  static open(options: UdpOptions): UdpSocket {
    const { family } = options;
    const fd = openSocket(family === 4 ? AF_INET : AF_INET6, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    try {
      configureUdp(fd, options);
      const address = encodeSocketAddress(family, family === 4 ? '0.0.0.0' : '::', options.port);
      if (libc.bind(fd, address, address.length) < 0) throw lastError('bind');
      return new UdpSocket(fd, family, boundPort(fd, family));
    } catch (error) {
      libc.close(fd);
      throw error;
    }
  }

  private constructor(fd: Fd, family: AddressFamily, port: number) {
    this.#fd = fd;
    this.family = family;
    this.port = port;
  }

  /** To be called once. Datagrams that came before wait in the socket. */
  onDatagram(callback: (datagram: Datagram) => void): void {
    if (this.#watcher !== undefined) throw new TypeError('already receiving');
    const batch = new ReceiveBatch(this.family);
    this.#watcher = new ReadWatcher(this.#fd, () => {
      for (const { localAddress, remote, bytes } of batch.receive(this.#fd))
        callback({ local: { address: localAddress, port: this.port }, remote, bytes });
    });
  }

  /**
   * Sends from the address of `from` (its port is the socket's) without blocking. What cannot be sent is lost, as on
   * the network: the result is the errno name (`EINVAL` or `ENETUNREACH` where `from` is no address of ours), or undefined.
   */
  send(from: Endpoint, to: Endpoint, bytes: Uint8Array): string | undefined {
    const header = new Uint8Array(new ArrayBuffer(MSGHDR_BYTES));
    // The header refers to the parts by address only, which the garbage collector does not see.
    this.#sending = {
      name: encodeSocketAddress(this.family, to.address, to.port),
      vector: new Uint8Array(new ArrayBuffer(IOVEC_BYTES)),
      data: bytes,
      control: encodePacketInfo(this.family, from.address),
    };
    writeMessageHeader(new DataView(header.buffer), 0, this.#sending);
    const code = this.#sendMessage(header);
    this.#sending = undefined;
    return code;
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#watcher?.close();
    libc.close(this.#fd);
  }

  #sendMessage(header: Uint8Array): string | undefined {
    for (;;) {
      if (libc.sendmsg(this.#fd, header, MSG_DONTWAIT) >= 0) return undefined;
      const code = errnoName(lastErrno());
      if (code !== 'EINTR') return code;
    }
  }
}

function boundPort(fd: Fd, family: AddressFamily): number {
  const address = new Uint8Array(SOCKET_ADDRESS_BYTES[family]);
  const length = new Uint8Array(Uint32Array.of(address.length).buffer);
  if (libc.getsockname(fd, address, length) < 0) throw lastError('getsockname');
  return decodeSocketAddress(family, address).port;
}
