import { checksumOf, pseudoHeaderSum, setHeaderChecksum, sumOf, sumWith } from './checksum.ts';
import type { PacketMemory } from './packet-memory.ts';
import type { PacketView } from './packet-view.ts';
import { GSO_TCPV4, GSO_TCPV6, GSO_UDP, type VirtioHeader } from './virtio-header.ts';

/** Where segments are written: one each `stride` bytes from `at` on, at most `room` bytes long. */
export type SegmentSlots = {
  readonly at: number;
  readonly stride: number;
  readonly room: number;
  /** The lengths of the packets that were written; as many as it has may be. */
  readonly lengths: Int32Array;
};

/**
 * Takes apart a packet that the kernel has left whole (generic segmentation offload) and writes its segments into slots
 * of the same memory, apart from it: TCP with sequence numbers, FIN and PSH on the last one, CWR on the first (RFC 3168
 * §6.1.2), or UDP datagrams; each with its own lengths, IPv4 identification and checksums. How many there are, or -1
 * for what is no such packet or does not fit.
 */
export function writeSegments(
  memory: PacketMemory,
  packet: PacketView,
  gso: VirtioHeader,
  slots: SegmentSlots,
): number {
  const upperHeader = upperHeaderLength(memory.view, packet, gso.gsoType);
  const headers = packet.headerLength + upperHeader;
  const data = packet.totalLength - headers;
  if (upperHeader === 0 || data <= 0 || gso.gsoSize === 0) return -1;
  const count = Math.ceil(data / gso.gsoSize);
  if (count > slots.lengths.length || headers + Math.min(gso.gsoSize, data) > slots.room) return -1;
  for (let index = 0; index < count; index++) {
    const offset = index * gso.gsoSize;
    const share = Math.min(gso.gsoSize, data - offset);
    const at = slots.at + index * slots.stride;
    memory.bytes.copyWithin(at, packet.at, packet.at + headers);
    memory.bytes.copyWithin(at + headers, packet.at + headers + offset, packet.at + headers + offset + share);
    finishIp(memory.view, packet, at, headers + share, index);
    if (packet.protocol === TCP) finishTcp(memory.view, packet, at, offset, share === data - offset);
    finishUpper(memory.view, packet, at, upperHeader + share);
    slots.lengths[index] = headers + share;
  }
  return count;
}

const TCP = 6;
const UDP = 17;
const TCP_HEADER = 20;
const UDP_HEADER = 8;
const TCP_CHECKSUM = 16;
const UDP_CHECKSUM = 6;
const FIN_AND_PSH = 0x09;
const CWR = 0x80;

/** 0 where the packet is not what the kernel has called it. */
function upperHeaderLength(view: DataView, packet: PacketView, gsoType: number): number {
  const room = packet.totalLength - packet.headerLength;
  if (!packet.hasPorts) return 0;
  if (packet.protocol === UDP) return gsoType === GSO_UDP && room >= UDP_HEADER ? UDP_HEADER : 0;
  const expected = packet.version === 4 ? GSO_TCPV4 : GSO_TCPV6;
  if (packet.protocol !== TCP || gsoType !== expected || room < TCP_HEADER) return 0;
  const length = (view.getUint8(packet.at + packet.headerLength + 12) >> 4) * 4;
  return length >= TCP_HEADER ? length : 0;
}

function finishIp(view: DataView, packet: PacketView, at: number, length: number, index: number): void {
  if (packet.version === 6) {
    view.setUint16(at + 4, length - IPV6_HEADER);
    return;
  }
  view.setUint16(at + 2, length);
  view.setUint16(at + 4, (view.getUint16(packet.at + 4) + index) & 0xffff);
  setHeaderChecksum(view, at, packet.headerLength);
}

const IPV6_HEADER = 40;

function finishTcp(view: DataView, packet: PacketView, at: number, offset: number, isLast: boolean): void {
  const tcp = at + packet.headerLength;
  view.setUint32(tcp + 4, (view.getUint32(tcp + 4) + offset) >>> 0);
  const taken = (isLast ? 0 : FIN_AND_PSH) | (offset === 0 ? 0 : CWR);
  view.setUint8(tcp + 13, view.getUint8(tcp + 13) & ~taken);
}

/** The length of UDP, and the checksum over it all. */
function finishUpper(view: DataView, packet: PacketView, at: number, length: number): void {
  const upper = at + packet.headerLength;
  const field = upper + (packet.protocol === TCP ? TCP_CHECKSUM : UDP_CHECKSUM);
  if (packet.protocol === UDP) view.setUint16(upper + 4, length);
  view.setUint16(field, 0);
  const checksum = checksumOf(sumWith(pseudoHeaderSum(view, packet, length), sumOf(view, upper, length)));
  // In UDP 0 would say that there is none (RFC 768).
  view.setUint16(field, checksum === 0 && packet.protocol === UDP ? 0xffff : checksum);
}
