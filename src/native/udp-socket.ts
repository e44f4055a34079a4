import type { AddressFamily, Endpoint } from '../base/net.ts';
import { errnoName } from './errno.ts';
import type { Fd } from './libc.ts';
import { lastErrno, lastError, libc, MSG_DONTWAIT, openSocket, SOCK_DGRAM, SOCK_NONBLOCK } from './libc.ts';
import { DATAGRAM_BYTES, OutgoingDatagram } from './outgoing-datagram.ts';
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
  readonly #outgoing: OutgoingDatagram;
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
    this.#outgoing = new OutgoingDatagram(family);
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
    if (bytes.length > DATAGRAM_BYTES) return 'EMSGSIZE';
    this.#outgoing.write(from.address, to, bytes);
    for (;;) {
      if (libc.sendmsg(this.#fd, this.#outgoing.header, MSG_DONTWAIT) >= 0) return undefined;
      const code = errnoName(lastErrno());
      if (code !== 'EINTR') return code;
    }
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#watcher?.close();
    libc.close(this.#fd);
  }
}

function boundPort(fd: Fd, family: AddressFamily): number {
  const address = new Uint8Array(SOCKET_ADDRESS_BYTES[family]);
  const length = new Uint8Array(Uint32Array.of(address.length).buffer);
  if (libc.getsockname(fd, address, length) < 0) throw lastError('getsockname');
  return decodeSocketAddress(family, address).port;
}
