import { isAnswerable } from './answerable.ts';
import { checksumOf, setHeaderChecksum, sumOf, sumWith } from './checksum.ts';
import type { PacketMemory } from './packet-memory.ts';
import type { PacketView } from './packet-view.ts';

/** What is told to the sender of a packet: that it is longer than the path takes, or that a policy forbids it. */
export type IcmpError = 'too-big' | 'prohibited';

/** The longest that `writeIcmpError` writes. */
export const MAX_ICMP_ERROR = 1280;

/**
 * Writes an ICMP error about the packet that `cause` shows to `at` of the same memory, apart from that packet, and
 * returns its length; 0 where none may be sent. `source` is an own address of the packet's version, `mtu` what it would
 * have to fit into: never less than a host must be able to send (RFC 1191 §3, RFC 8200 §5).
 */
export function writeIcmpError(
  error: IcmpError,
  memory: PacketMemory,
  cause: PacketView,
  source: Uint32Array,
  at: number,
  mtu: number,
): number {
  if (!isAnswerable(cause)) return 0;
  return cause.version === 4
    ? writeIpv4(error, memory, cause, source, at, mtu)
    : writeIpv6(error, memory, cause, source, at, mtu);
}

const IPV4_HEADER = 20;
const IPV6_HEADER = 40;
const ICMP_HEADER = 8;
const ICMP = 1;
const ICMPV6 = 58;
const HOP_LIMIT = 64;
/** RFC 1812 §4.3.2.3: as much of the packet as a datagram of this length holds. */
const MAX_ICMPV4_ERROR = 576;
/** RFC 1812 §4.3.2.5: errors travel as internetwork control. */
const INTERNETWORK_CONTROL = 0xc0;
const DONT_FRAGMENT = 0x4000;
const MIN_IPV4_MTU = 68;
const MIN_IPV6_MTU = 1280;

/** Type and code: RFC 792 and RFC 1191 §4, RFC 1812 §5.2.7.1; RFC 4443 §3.2 and §3.1. */
const ICMPV4_ERROR: Readonly<Record<IcmpError, number>> = { 'too-big': 0x0304, prohibited: 0x030d };
const ICMPV6_ERROR: Readonly<Record<IcmpError, number>> = { 'too-big': 0x0200, prohibited: 0x0101 };

function writeIpv4(
  error: IcmpError,
  { bytes, view }: PacketMemory,
  cause: PacketView,
  source: Uint32Array,
  at: number,
  mtu: number,
): number {
  const quoted = Math.min(cause.totalLength, MAX_ICMPV4_ERROR - IPV4_HEADER - ICMP_HEADER);
  const length = IPV4_HEADER + ICMP_HEADER + quoted;
  view.setUint16(at, 0x4500 | INTERNETWORK_CONTROL);
  view.setUint16(at + 2, length);
  // With DF nothing can take it apart, so that it needs no identification (RFC 6864 §4.1).
  view.setUint32(at + 4, DONT_FRAGMENT);
  view.setUint16(at + 8, (HOP_LIMIT << 8) | ICMP);
  view.setUint32(at + 12, source[3] ?? 0);
  view.setUint32(at + 16, cause.source[3] ?? 0);
  setHeaderChecksum(view, at, IPV4_HEADER);
  const icmp = at + IPV4_HEADER;
  view.setUint32(icmp, ICMPV4_ERROR[error] << 16);
  view.setUint32(icmp + 4, error === 'too-big' ? Math.max(mtu, MIN_IPV4_MTU) : 0);
  bytes.copyWithin(icmp + ICMP_HEADER, cause.at, cause.at + quoted);
  view.setUint16(icmp + 2, checksumOf(sumOf(view, icmp, ICMP_HEADER + quoted)));
  return length;
}

function writeIpv6(
  error: IcmpError,
  { bytes, view }: PacketMemory,
  cause: PacketView,
  source: Uint32Array,
  at: number,
  mtu: number,
): number {
  const quoted = Math.min(cause.totalLength, MAX_ICMP_ERROR - IPV6_HEADER - ICMP_HEADER);
  const icmp = at + IPV6_HEADER;
  const icmpLength = ICMP_HEADER + quoted;
  view.setUint32(at, 0x6000_0000 | (INTERNETWORK_CONTROL << 20));
  view.setUint16(at + 4, icmpLength);
  view.setUint16(at + 6, (ICMPV6 << 8) | HOP_LIMIT);
  for (let word = 0; word < 4; word++) {
    view.setUint32(at + 8 + word * 4, source[word] ?? 0);
    view.setUint32(at + 24 + word * 4, cause.source[word] ?? 0);
  }
  view.setUint32(icmp, ICMPV6_ERROR[error] << 16);
  view.setUint32(icmp + 4, error === 'too-big' ? Math.max(mtu, MIN_IPV6_MTU) : 0);
  bytes.copyWithin(icmp + ICMP_HEADER, cause.at, cause.at + quoted);
  const pseudoHeader = sumWith(sumOf(view, at + 8, 32), icmpLength + ICMPV6);
  view.setUint16(icmp + 2, checksumOf(sumWith(pseudoHeader, sumOf(view, icmp, icmpLength))));
  return IPV6_HEADER + icmpLength;
}
