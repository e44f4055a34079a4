import { updatedChecksum } from './checksum.ts';
import type { PacketMemory } from './packet-memory.ts';
import type { PacketView } from './packet-view.ts';

/**
 * Lowers the MSS option of a TCP SYN to what packets of `mtu` bytes hold (RFC 6691 §2: less the headers without
 * options), as not every path lets ICMP errors back. Anything else stays as it is. The packet's checksum must be whole:
 * one that the kernel has left to us is completed first.
 */
export function clampMss({ view }: PacketMemory, packet: PacketView, mtu: number): void {
  if (packet.protocol !== TCP || !packet.hasPorts) return;
  const tcp = packet.at + packet.headerLength;
  const room = packet.totalLength - packet.headerLength;
  if (room < TCP_HEADER || (view.getUint8(tcp + 13) & SYN) === 0) return;
  const headerLength = (view.getUint8(tcp + 12) >> 4) * 4;
  if (headerLength > room) return;
  const option = mssOption(view, tcp + TCP_HEADER, tcp + headerLength);
  const largest = mtu - TCP_HEADER - (packet.version === 4 ? IPV4_HEADER : IPV6_HEADER);
  if (option !== 0 && largest > 0 && view.getUint16(option + 2) > largest) setMss(view, tcp, option + 2, largest);
}

const TCP = 6;
const TCP_HEADER = 20;
const IPV4_HEADER = 20;
const IPV6_HEADER = 40;
const SYN = 0x02;
const END_OF_OPTIONS = 0;
const NO_OPERATION = 1;
const MSS = 2;
const MSS_LENGTH = 4;

/** Where the option begins, or 0. */
function mssOption(view: DataView, from: number, end: number): number {
  let at = from;
  while (at + 1 < end) {
    const kind = view.getUint8(at);
    if (kind === END_OF_OPTIONS) return 0;
    if (kind === NO_OPERATION) {
      at++;
      continue;
    }
    const length = view.getUint8(at + 1);
    if (length < 2 || at + length > end) return 0;
    if (kind === MSS) return length === MSS_LENGTH ? at : 0;
    at += length;
  }
  return 0;
}

function setMss(view: DataView, tcp: number, at: number, mss: number): void {
  const before = view.getUint16(at);
  view.setUint16(at, mss);
  const checksum = view.getUint16(tcp + 16);
  // At an odd place the option lies across two words: the sum takes its bytes the other way round (RFC 1071 §2).
  const isOdd = ((at - tcp) & 1) === 1;
  const after = isOdd
    ? updatedChecksum(checksum, swapped(before), swapped(mss))
    : updatedChecksum(checksum, before, mss);
  view.setUint16(tcp + 16, after);
}

function swapped(word: number): number {
  return ((word & 0xff) << 8) | (word >> 8);
}
