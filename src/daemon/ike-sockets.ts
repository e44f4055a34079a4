import type { AddressFamily, Endpoint } from '../base/net.ts';
import { addressFamily } from '../base/net.ts';
import { NativeError } from '../native/errno.ts';
import type { Datagram } from '../native/udp-socket.ts';
import { UdpSocket } from '../native/udp-socket.ts';

export type IkePorts = {
  /** RFC 7296 §2: 500. */
  readonly ike: number;
  /** RFC 3948: 4500, where ESP in UDP comes in too. */
  readonly natTraversal: number;
};

/**
 * What becomes of ESP in UDP on port 4500: the kernel decrypts it, or the data plane's own socket takes it, which
 * `shares` the port. Then all that we send carries `mark`, so that it is not led into a tunnel.
 */
export type EspInUdp = { readonly taker: 'kernel' } | { readonly taker: 'userspace'; readonly mark: number };

export type IkeSocketsOptions = {
  /** Default: the kernel. */
  readonly espInUdp?: EspInUdp;
  /** What is bound in the place of 500 and 4500, without rights; datagrams are reported with the well-known numbers. */
  readonly ports?: IkePorts;
  /** The same at peers. */
  readonly peerPorts?: IkePorts;
  /** False without CAP_NET_ADMIN: no exemption from IPsec policies, no ESP in UDP. */
  readonly privileged?: boolean;
};

/** The UDP sockets of the daemon: both ports, in both families as far as the machine has them. */
export class IkeSockets {
  readonly #sockets = new Map<string, UdpSocket>();
  readonly #peerPorts: IkePorts;

  private constructor(peerPorts: IkePorts) {
    this.#peerPorts = peerPorts;
  }

  /** @throws NativeError where a port is taken or forbidden; a machine without IPv6 is no error */
  static open(options: IkeSocketsOptions): IkeSockets {
    const sockets = new IkeSockets(options.peerPorts ?? WELL_KNOWN);
    try {
      sockets.#open(options);
    } catch (error) {
      sockets.close();
      throw error;
    }
    return sockets;
  }

  get families(): AddressFamily[] {
    return [...new Set([...this.#sockets.values()].map(({ family }) => family))];
  }

  /** The errno name where the datagram could not be sent. */
  send(from: Endpoint, to: Endpoint, datagram: Uint8Array): string | undefined {
    const family = addressFamily(to.address);
    const socket = this.#sockets.get(socketKey(family, from.port));
    if (socket === undefined || addressFamily(from.address) !== family) return 'EAFNOSUPPORT';
    return socket.send(from, withPort(to, WELL_KNOWN, this.#peerPorts), datagram);
  }

  close(): void {
    for (const socket of this.#sockets.values()) socket.close();
    this.#sockets.clear();
  }

  /** From now on datagrams are reported, those that have come meanwhile first. */
  listen(onDatagram: (datagram: Datagram) => void): void {
    for (const [key, socket] of this.#sockets) {
      const port = Number(key.split('/')[1]);
      socket.onDatagram(({ local, remote, bytes }) => {
        const sender = withPort(remote, this.#peerPorts, WELL_KNOWN);
        onDatagram({ local: { address: local.address, port }, remote: sender, bytes });
      });
    }
  }

  #open(options: IkeSocketsOptions): void {
    const ports = options.ports ?? WELL_KNOWN;
    for (const family of [4, 6] as const) {
      for (const role of ['ike', 'natTraversal'] as const) {
        const socket = openOne(family, ports[role], { natTraversal: role === 'natTraversal', ...options });
        if (socket === undefined) continue;
        this.#sockets.set(socketKey(family, WELL_KNOWN[role]), socket);
      }
    }
  }
}

const WELL_KNOWN: IkePorts = { ike: 500, natTraversal: 4500 };

/** The endpoint with the port of that role in the one set in the place of that in the other. */
function withPort(endpoint: Endpoint, from: IkePorts, to: IkePorts): Endpoint {
  const { address, port } = endpoint;
  if (port === from.ike) return { address, port: to.ike };
  return port === from.natTraversal ? { address, port: to.natTraversal } : endpoint;
}

function openOne(
  family: AddressFamily,
  port: number,
  options: Pick<IkeSocketsOptions, 'espInUdp' | 'privileged'> & { readonly natTraversal: boolean },
): UdpSocket | undefined {
  const { espInUdp = BY_KERNEL, privileged = true, natTraversal } = options;
  const taking =
    espInUdp.taker === 'kernel'
      ? { udpEncap: natTraversal && privileged }
      : { udpEncap: false, sharedPort: natTraversal, mark: espInUdp.mark };
  try {
    return UdpSocket.open({ family, port, bypassPolicy: privileged, ...taking });
  } catch (error) {
    if (family === 6 && error instanceof NativeError && NO_IPV6.includes(error.code)) return undefined;
    throw error;
  }
}

const BY_KERNEL: EspInUdp = { taker: 'kernel' };

/** A kernel built or booted without IPv6. */
const NO_IPV6 = ['EAFNOSUPPORT', 'EADDRNOTAVAIL'];

function socketKey(family: AddressFamily, port: number): string {
  return `${family}/${port}`;
}
