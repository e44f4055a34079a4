import type { PacketView } from './packet-view.ts';

/**
 * Whether an ICMP error may be sent about a packet (RFC 1812 §4.3.2.7, RFC 4443 §2.4 (e)): not about an error, nor to
 * many, nor about any but the first fragment. What cannot be seen counts against it.
 */
export function isAnswerable(packet: PacketView): boolean {
  if (packet.fragment || isIcmpError(packet)) return false;
  return packet.version === 4 ? isBetweenIpv4Hosts(packet) : isBetweenIpv6Hosts(packet);
}

const ICMP = 1;
const ICMPV6 = 58;
/** Destination unreachable, source quench, redirect, time exceeded, parameter problem. */
const ICMP_ERRORS: ReadonlySet<number> = new Set([3, 4, 5, 11, 12]);
const ICMPV6_REDIRECT = 137;

function isIcmpError({ protocol, hasPorts, sourcePort }: PacketView): boolean {
  if (protocol !== ICMP && protocol !== ICMPV6) return false;
  const type = sourcePort >> 8;
  if (!hasPorts) return true;
  return protocol === ICMP ? ICMP_ERRORS.has(type) : type < 128 || type === ICMPV6_REDIRECT;
}

/** This network, loopback, and from 224 on multicast, reserved and broadcast addresses are no single host's. */
function isBetweenIpv4Hosts({ source, destination }: PacketView): boolean {
  const from = (source[3] ?? 0) >>> 24;
  const to = (destination[3] ?? 0) >>> 24;
  return from !== 0 && from !== 127 && from < 224 && to < 224;
}

function isBetweenIpv6Hosts({ source, destination }: PacketView): boolean {
  return !isMulticast(source) && !isMulticast(destination) && !isUnspecifiedOrLoopback(source);
}

function isMulticast(words: Uint32Array): boolean {
  return (words[0] ?? 0) >>> 24 === 0xff;
}

function isUnspecifiedOrLoopback(words: Uint32Array): boolean {
  return words[0] === 0 && words[1] === 0 && words[2] === 0 && (words[3] ?? 0) <= 1;
}
