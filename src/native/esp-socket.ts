import type { AddressFamily } from '../base/net.ts';
import type { Fd } from './libc.ts';
import {
  lastError,
  libc,
  openSocket,
  SO_SNDTIMEO,
  SOCK_DGRAM,
  SOCK_RAW,
  setOption,
  setReceiveBuffer,
  setSendBuffer,
} from './libc.ts';
import { joinPort } from './shared-port.ts';
import { AF_INET, AF_INET6, encodeSocketAddress } from './socket-address.ts';
import { attachFilter, RETURN } from './socket-filter.ts';
import {
  IP_HDRINCL,
  IPPROTO_AH,
  IPPROTO_ESP,
  IPPROTO_UDP,
  IPV6_DONTFRAG,
  IPV6_RECVERR,
  IPV6_V6ONLY,
  MTU_DISCOVER,
  PMTUDISC_DO,
  PMTUDISC_DONT,
  RECEIVE_PACKET_INFO,
  RECEIVE_TRAFFIC_CLASS,
  SO_MARK,
  SO_NO_CHECK,
  UDP_GRO,
} from './socket-options.ts';

type CommonOptions = {
  readonly family: AddressFamily;
  /** Firewall mark of what it sends, so that a rule can keep the packets out of the tunnel. Needs CAP_NET_ADMIN. */
  readonly mark?: number;
  /**
   * Whether packets carry DF, and one that is too long for the path is refused (EMSGSIZE); else the kernel fragments
   * it. Of no concern to AH over IPv4, whose header says so itself. Over IPv6 only raw sockets that send only learn
   * what routers tell of the path.
   */
  readonly dontFragment?: boolean;
  /** Whether it is there to send only: nothing that arrives is kept for it. */
  readonly sendOnly?: boolean;
  /** Bytes; default 4 MB. */
  readonly receiveBuffer?: number;
};

export type EspUdpOptions = CommonOptions & {
  /** 4500; it is shared with the IKE socket, which is bound before, see `sharePort`. Those that only send come last. */
  readonly port: number;
  /** Whether several packets may be handed to the kernel as one (UDP_SEGMENT, by `SendRing`). They have checksums then. */
  readonly segmentation?: boolean;
  /** Whether the kernel may hand over several packets of one sender as one (UDP_GRO). */
  readonly coalescing?: boolean;
};

export type EspRawOptions = CommonOptions & {
  /**
   * What arrives over IPv4 has its IP header in front, over IPv6 it has none. What is sent has none but for AH over
   * IPv4, whose ICV covers the header: there the caller writes it, with an identification that is not 0.
   */
  readonly protocol: 'esp' | 'ah';
};

/**
 * A socket for protected packets, on all addresses of one family. It is used by `ReceiveRing` and `SendRing` with its
 * descriptor, by several threads if need be: receiving never blocks, sending waits a moment for room.
 */
export class EspSocket {
  readonly fd: Fd;
  readonly family: AddressFamily;

  /** ESP in UDP (RFC 3948). @throws NativeError */
  static udp(options: EspUdpOptions): EspSocket {
    const { family, port } = options;
    return EspSocket.#open(options, SOCK_DGRAM, IPPROTO_UDP, (fd) => {
      if (family === 6) setOption(fd, IPV6_V6ONLY, 1);
      // RFC 3948 §2.1: without a checksum over IPv4. The kernel makes no segments without.
      else if (options.segmentation !== true) setOption(fd, SO_NO_CHECK, 1);
      if (options.coalescing === true) setOption(fd, UDP_GRO, 1);
      joinPort(fd);
      const address = encodeSocketAddress(family, family === 4 ? '0.0.0.0' : '::', port);
      if (libc.bind(fd, address, address.length) < 0) throw lastError('bind');
    });
  }

  /** ESP and AH in IP, without NAT on the way. Needs CAP_NET_RAW. @throws NativeError */
  static raw(options: EspRawOptions): EspSocket {
    return EspSocket.#open(options, SOCK_RAW, options.protocol === 'esp' ? IPPROTO_ESP : IPPROTO_AH, (fd) => {
      if (options.family === 4 && options.protocol === 'ah') setOption(fd, IP_HDRINCL, 1);
      if (options.sendOnly === true) deafen(fd, options);
    });
  }

  static #open(options: CommonOptions, type: number, protocol: number, configure: (fd: Fd) => void): EspSocket {
    const fd = openSocket(options.family === 4 ? AF_INET : AF_INET6, type, protocol);
    try {
      setCommonOptions(fd, options);
      configure(fd);
      return new EspSocket(fd, options.family);
    } catch (error) {
      libc.close(fd);
      throw error;
    }
  }

  private constructor(fd: Fd, family: AddressFamily) {
    this.fd = fd;
    this.family = family;
  }

  close(): void {
    libc.close(this.fd);
  }
}

/** Every raw socket of a protocol gets a copy of each packet: not this one. */
function deafen(fd: Fd, { family, dontFragment }: CommonOptions): void {
  attachFilter(fd, [[RETURN, 0, 0, 0]]);
  // Linux looks at an ICMPv6 error, and so at the MTU in it, only for raw sockets that want to read it. We do not: what
  // is kept for that stays below the receive buffer, here the smallest that there is.
  if (family === 6 && dontFragment === true) {
    setReceiveBuffer(fd, 0);
    setOption(fd, IPV6_RECVERR, 1);
  }
}

function setCommonOptions(fd: Fd, options: CommonOptions): void {
  const { family } = options;
  const dontFragment = options.dontFragment === true;
  if (options.sendOnly !== true) setReceiveBuffer(fd, options.receiveBuffer ?? DEFAULT_RECEIVE_BUFFER);
  setSendBuffer(fd, SEND_BUFFER);
  setOption(fd, SO_SNDTIMEO, SEND_PATIENCE);
  if (options.mark !== undefined) setOption(fd, SO_MARK, options.mark);
  setOption(fd, RECEIVE_PACKET_INFO[family], 1);
  // The congestion that the outer header tells of has to reach the inner one (RFC 6040 §4.2).
  setOption(fd, RECEIVE_TRAFFIC_CLASS[family], 1);
  setOption(fd, MTU_DISCOVER[family], dontFragment ? PMTUDISC_DO : PMTUDISC_DONT);
  if (family === 6 && dontFragment) setOption(fd, IPV6_DONTFRAG, 1);
}

const DEFAULT_RECEIVE_BUFFER = 4 * 1024 * 1024;
/** Ten times what the kernel keeps for a neighbour that does not answer, so that this one does not take it all. */
const SEND_BUFFER = 2 * 1024 * 1024;
/** 20 ms: longer than a network card is busy, and far shorter than a neighbour that is gone is looked for. */
const SEND_PATIENCE = new Uint8Array(BigInt64Array.of(0n, 20_000n).buffer);
