import type { PacketView } from './packet-view.ts';

/**
 * The ones' complement sum of 16-bit words (RFC 1071), 0..0xffff, not inverted; an odd byte at the end counts as the
 * upper one of its word. `at` may be odd. Four bytes at a time in the order of the machine, which only swaps the bytes
 * of the result (RFC 1071 §2), into doubles: these need no carry below 2^53.
 */
export function sumOf(view: DataView, at: number, length: number): number {
  let first = 0;
  let second = 0;
  let third = 0;
  let fourth = 0;
  let next = at;
  for (const end = at + (length & ~31); next < end; next += 32) {
    first += view.getUint32(next, true) + view.getUint32(next + 16, true);
    second += view.getUint32(next + 4, true) + view.getUint32(next + 20, true);
    third += view.getUint32(next + 8, true) + view.getUint32(next + 24, true);
    fourth += view.getUint32(next + 12, true) + view.getUint32(next + 28, true);
  }
  for (const end = at + (length & ~3); next < end; next += 4) first += view.getUint32(next, true);
  const rest = length & 3;
  if (rest >= 2) second += view.getUint16(next, true);
  if ((rest & 1) === 1) third += view.getUint8(next + rest - 1);
  return swapped(foldWide(first + second + third + fourth));
}

/** The sum of two sums, or of a sum and a 16-bit word. */
export function sumWith(a: number, b: number): number {
  const sum = a + b;
  return (sum & 0xffff) + (sum >>> 16);
}

/** What a sum becomes as the content of a checksum field. */
export function checksumOf(sum: number): number {
  return ~sum & 0xffff;
}

/** RFC 1624 §3, equation 3: the checksum after one of the words that it is over has changed. */
export function updatedChecksum(checksum: number, before: number, after: number): number {
  return checksumOf(sumWith(sumWith(~checksum & 0xffff, ~before & 0xffff), after));
}

/** The pseudo-header of a packet of whatever version (RFC 9293 §3.1, RFC 8200 §8.1); `length` is the upper layer's. */
export function pseudoHeaderSum(view: DataView, packet: PacketView, length: number): number {
  const addresses = packet.version === 4 ? sumOf(view, packet.at + 12, 8) : sumOf(view, packet.at + 8, 32);
  return sumWith(addresses, sumWith(packet.protocol, length & 0xffff));
}

/** Sets the checksum of an IPv4 header of `length` bytes. */
export function setHeaderChecksum(view: DataView, at: number, length: number): void {
  view.setUint16(at + 10, 0);
  view.setUint16(at + 10, checksumOf(sumOf(view, at, length)));
}

function foldWide(sum: number): number {
  const low = sum >>> 0;
  const high = (sum - low) / 0x1_0000_0000;
  const halves = (low & 0xffff) + (low >>> 16) + high;
  return sumWith(halves & 0xffff, halves >>> 16);
}

function swapped(word: number): number {
  return ((word & 0xff) << 8) | (word >> 8);
}
