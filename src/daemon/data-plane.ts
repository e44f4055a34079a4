import type { Datagram } from '../native/udp-socket.ts';
import type { DataPlaneEvent, DataPlaneReply, DataPlaneRequest } from '../sa/data-plane.ts';
import type { Audited } from './audits.ts';

/** Whatever carries the packets, on the edge of the daemon. */
export interface DataPlane extends Audited {
  perform(request: DataPlaneRequest): DataPlaneReply;
  onEvent(callback: (event: DataPlaneEvent) => void): void;
  /** Of one that shares a port with IKE: what came to it instead of to our own sockets. */
  onDatagram?(callback: (datagram: Datagram) => void): void;
  /** The packets that could not be handled, by the kernel's names of the reasons. */
  errors(): ReadonlyMap<string, number>;
  /** Removes all that is ours. */
  close(): void;
}
