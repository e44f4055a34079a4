import type { AddressFamily } from '../base/net.ts';
import { NativeError } from '../native/errno.ts';
import { EspSocket } from '../native/esp-socket.ts';

/** A socket that sealed packets come and go by, as the threads know it. */
export type Carrier = {
  readonly fd: number;
  readonly family: AddressFamily;
  /** ESP in UDP (RFC 3948), or in IP with the protocol's own number. */
  readonly over: 'udp' | 'esp' | 'ah';
  /** One that sends only, for packets that must not be fragmented; the other one receives as well. */
  readonly dontFragment: boolean;
};

/** What an IKE socket shares its port with; the well-known number but in tests. */
export type EspSocketsOptions = { readonly mark: number; readonly port: number };

/** The sockets of all families and kinds that this machine and our rights allow. */
export class EspSockets {
  readonly carriers: readonly Carrier[];
  readonly #sockets: readonly EspSocket[];

  /** Once the IKE sockets are bound. @throws NativeError where even ESP in UDP over IPv4 cannot be had */
  static open(options: EspSocketsOptions): EspSockets {
    const opened: { readonly socket: EspSocket; readonly carrier: Carrier }[] = [];
    try {
      for (const row of ROWS) {
        const socket = openOne(row, options);
        if (socket !== undefined) opened.push({ socket, carrier: { ...row, fd: socket.fd } });
      }
      return new EspSockets(opened);
    } catch (error) {
      for (const { socket } of opened) socket.close();
      throw error;
    }
  }

  private constructor(opened: readonly { readonly socket: EspSocket; readonly carrier: Carrier }[]) {
    this.carriers = opened.map(({ carrier }) => carrier);
    this.#sockets = opened.map(({ socket }) => socket);
  }

  close(): void {
    for (const socket of this.#sockets) socket.close();
  }
}

type Row = Omit<Carrier, 'fd'>;

/** In the order in which they are bound: of those that share a port, the one that receives comes first. */
const ROWS: readonly Row[] = ([4, 6] as const).flatMap((family) =>
  (['udp', 'esp', 'ah'] as const).flatMap((over) =>
    [false, true].map((dontFragment) => ({ family, over, dontFragment })),
  ),
);

function openOne(row: Row, { mark, port }: EspSocketsOptions): EspSocket | undefined {
  const { family, over, dontFragment } = row;
  const common = { family, mark, dontFragment, sendOnly: dontFragment };
  try {
    return over === 'udp'
      ? // The kernel puts packets together where any socket of the port that it finds by chance wants them so.
        EspSocket.udp({ ...common, port, segmentation: true, coalescing: true })
      : EspSocket.raw({ ...common, protocol: over });
  } catch (error) {
    if (error instanceof NativeError && mayBeMissing(row, error.code)) return undefined;
    throw error;
  }
}

/** A machine without IPv6, and a process that may not use raw sockets: ESP in UDP goes on. */
function mayBeMissing({ family, over }: Row, code: string): boolean {
  if (family === 6 && NO_IPV6.includes(code)) return true;
  return over !== 'udp' && code === 'EPERM';
}

const NO_IPV6 = ['EAFNOSUPPORT', 'EADDRNOTAVAIL'];
