import { describe, expect, it } from 'vitest';
import { ipPacket, type PacketParts, ports, upperLayer } from '../testing/packets.ts';
import { isAnswerable } from './answerable.ts';
import { PacketView } from './packet-view.ts';

const V4 = { source: '10.0.0.1', destination: '10.1.2.3', protocol: 17, payload: ports(1, 2) };
const V6 = { ...V4, source: '2001:db8::1', destination: '2001:db8::2' };
const icmp = (type: number) => ({ ...V4, protocol: 1, payload: upperLayer(type.toString(16).padStart(2, '0'), 7) });
const icmpv6 = (type: number) => ({ ...V6, protocol: 58, payload: upperLayer(type.toString(16).padStart(2, '0'), 7) });

describe('an ICMP error may be sent about', () => {
  it.each<[string, PacketParts]>([
    ['any packet', V4],
    ['any IPv6 packet', V6],
    ['a first fragment', { ...V4, moreFragments: true }],
    ['an echo', icmp(8)],
    ['an ICMPv6 echo', icmpv6(128)],
  ])('%s', (_, parts) => {
    expect(isAnswerable(viewOf(parts))).toBe(true);
  });
});

describe('no ICMP error may be sent about', () => {
  it.each<[string, PacketParts]>([
    ...[3, 4, 5, 11, 12].map((type): [string, PacketParts] => [`an ICMP error of type ${type}`, icmp(type)]),
    ...[1, 2, 4, 127, 137].map((type): [string, PacketParts] => [`an ICMPv6 message of type ${type}`, icmpv6(type)]),
    ['an ICMP message that is cut off before its type', { ...icmp(8), payload: new Uint8Array() }],
    ['a later fragment', { ...V4, fragmentOffset: 1 }],
    ['a later IPv6 fragment', { ...V6, fragmentOffset: 1 }],
    ['multicast', { ...V4, destination: '224.0.0.5' }],
    ['IPv6 multicast', { ...V6, destination: 'ff02::1' }],
    ['a broadcast', { ...V4, destination: '255.255.255.255' }],
    ['a packet from nobody', { ...V4, source: '0.0.0.0' }],
    ['a packet from everybody', { ...V4, source: '255.255.255.255' }],
    ['a packet from loopback', { ...V4, source: '127.0.0.1' }],
    ['an IPv6 packet from nobody', { ...V6, source: '::' }],
    ['an IPv6 packet from loopback', { ...V6, source: '::1' }],
    ['an IPv6 packet from many', { ...V6, source: 'ff02::1' }],
  ])('%s', (_, parts) => {
    expect(isAnswerable(viewOf(parts))).toBe(false);
  });
});

function viewOf(parts: PacketParts): PacketView {
  const packet = new PacketView();
  const bytes = ipPacket(parts);
  expect(packet.read(bytes, 0, bytes.length)).toBe(true);
  return packet;
}
