import { updatedChecksum } from './checksum.ts';
import type { PacketMemory } from './packet-memory.ts';
import type { PacketView } from './packet-view.ts';

/**
 * RFC 6040 §4.2, at the end of the tunnel: what congestion the outer header tells goes into the packet that `packet`
 * shows, and into its checksum. False where the packet must be dropped: congestion was marked, and its ends know only
 * loss. At the beginning of the tunnel there is nothing to do (§4.1): the field is copied with the rest of the octet.
 */
export function decapsulateEcn({ view }: PacketMemory, packet: PacketView, outerTos: number): boolean {
  const inner = packet.tos & ECN;
  const ecn = ECN_AFTER_TUNNEL[inner * 4 + (outerTos & ECN)] ?? DROP;
  if (ecn === DROP) return false;
  if (ecn !== inner) setEcn(view, packet, ecn);
  return true;
}

const ECN = 3;
const DROP = 0xff;

/** By inner and outer ECN field: 0 is Not-ECT, 1 is ECT(1), 2 is ECT(0), 3 is CE. */
const ECN_AFTER_TUNNEL = Uint8Array.of(
  ...[0, 0, 0, DROP], // Not-ECT
  ...[1, 1, 1, 3], // ECT(1)
  ...[2, 1, 2, 3], // ECT(0)
  ...[3, 3, 3, 3], // CE
);

function setEcn(view: DataView, packet: PacketView, ecn: number): void {
  const { at } = packet;
  const before = view.getUint16(at);
  const tos = (packet.tos & ~ECN) | ecn;
  const after = packet.version === 4 ? (before & 0xff00) | tos : (before & ~(ECN << 4)) | (ecn << 4);
  packet.tos = tos;
  view.setUint16(at, after);
  if (packet.version === 4) view.setUint16(at + 10, updatedChecksum(view.getUint16(at + 10), before, after));
}
