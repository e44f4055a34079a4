import type { AddressFamily, Endpoint, IpAddress } from '../base/net.ts';
import { addressFamily } from '../base/net.ts';
import type { Arena } from './arena.ts';
import { createArena } from './arena.ts';
import { encodePacketInfo } from './packet-info.ts';
import { encodeSocketAddress } from './socket-address.ts';

/** From where to where the packets of an SA go, as the kernel wants it: made once, and used for every packet. */
export class SendPath {
  readonly family: AddressFamily;
  /** The socket address of the peer, then from `PATH_CONTROL` the control message with our own address. */
  readonly arena: Arena = createArena(PATH_CONTROL + 40);
  readonly nameLength: number;
  readonly controlLength: number;

  /** `remote` has port 0 for raw sockets. Both addresses are of one family. */
  constructor(local: IpAddress, remote: Endpoint) {
    this.family = addressFamily(remote.address);
    if (addressFamily(local) !== this.family) throw new RangeError('a path has addresses of one family');
    const name = encodeSocketAddress(this.family, remote.address, remote.port);
    const control = encodePacketInfo(this.family, local);
    this.arena.bytes.set(name);
    this.arena.bytes.set(control, PATH_CONTROL);
    this.nameLength = name.length;
    this.controlLength = control.length;
  }
}

export const PATH_CONTROL = 32;
