import type { PacketMemory } from './packet-memory.ts';

/** `struct virtio_net_hdr`, in front of each packet of a TUN that has IFF_VNET_HDR. */
export const VIRTIO_HEADER = 10;

/** The kernel has left the checksum to us, or we leave it to the kernel. */
export const NEEDS_CHECKSUM = 1;

export const GSO_NONE = 0;
export const GSO_TCPV4 = 1;
export const GSO_TCPV6 = 4;
export const GSO_UDP = 5;

/**
 * The header of one packet, filled again for each. In the byte order of the machine: little-endian, as all that we run
 * on are.
 */
export class VirtioHeader {
  flags = 0;
  /** Without the bit that only says that a segment has CWR. */
  gsoType = GSO_NONE;
  /** Bytes of upper-layer data in each segment but the last. */
  gsoSize = 0;
  /** From the first byte of the packet; to the end of the packet the checksum is due. */
  checksumStart = 0;
  /** From there to the field. */
  checksumOffset = 0;

  read({ view }: PacketMemory, at: number): void {
    this.flags = view.getUint8(at);
    this.gsoType = view.getUint8(at + 1) & ~GSO_ECN;
    this.gsoSize = view.getUint16(at + 4, true);
    this.checksumStart = view.getUint16(at + 6, true);
    this.checksumOffset = view.getUint16(at + 8, true);
  }
}

/** For a packet that is whole. */
export function writePlainHeader({ view }: PacketMemory, at: number): void {
  view.setUint16(at, 0);
  view.setUint32(at + 2, 0);
  view.setUint32(at + 6, 0);
}

/** For TCP segments that are one packet: the kernel takes them apart, or not, and sums them. */
export function writeSegmentsHeader(
  { view }: PacketMemory,
  at: number,
  gsoType: number,
  ipHeader: number,
  headers: number,
  gsoSize: number,
): void {
  view.setUint8(at, NEEDS_CHECKSUM);
  view.setUint8(at + 1, gsoType);
  view.setUint16(at + 2, headers, true);
  view.setUint16(at + 4, gsoSize, true);
  view.setUint16(at + 6, ipHeader, true);
  view.setUint16(at + 8, TCP_CHECKSUM, true);
}

const GSO_ECN = 0x80;
const TCP_CHECKSUM = 16;
