import { concatBytes, fromHex } from '../../base/bytes.ts';
import type { IpAddress } from '../../base/net.ts';
import { addressBytes, addressFamily } from '../../base/net.ts';

/** An IP packet for tests; what is not given is 0, or what follows from the rest. Checksums of IPv4 headers are right. */
export type PacketParts = {
  readonly source: IpAddress;
  readonly destination: IpAddress;
  readonly protocol: number;
  readonly payload: Uint8Array;
  readonly tos?: number;
  readonly df?: boolean;
  readonly id?: number;
  readonly ttl?: number;
  /** In units of 8 bytes; of IPv6 packets by a fragment header. */
  readonly fragmentOffset?: number;
  readonly moreFragments?: boolean;
  /** IPv4 options, a multiple of 4 bytes. */
  readonly options?: Uint8Array;
};

export function ipPacket(parts: PacketParts): Uint8Array {
  return addressFamily(parts.source) === 4 ? ipv4Packet(parts) : ipv6Packet(parts);
}

/** `head` is what stands before the payload: type, code, ports, as hex. */
export function upperLayer(head: string, payloadLength = 0): Uint8Array {
  return concatBytes(
    fromHex(head),
    new Uint8Array(payloadLength).map((_, index) => index),
  );
}

/** TCP segment with a whole checksum. */
export type SegmentParts = Pick<PacketParts, 'source' | 'destination' | 'tos' | 'df' | 'id' | 'ttl'> & {
  readonly sourcePort?: number;
  readonly seq?: number;
  readonly ack?: number;
  readonly flags?: number;
  readonly window?: number;
  readonly urgent?: number;
  /** TCP options, a multiple of 4 bytes. */
  readonly tcpOptions?: Uint8Array;
  readonly data?: Uint8Array;
};

export function tcpPacket(parts: SegmentParts): Uint8Array {
  const { tcpOptions = new Uint8Array(), data = new Uint8Array() } = parts;
  const tcp = concatBytes(new Uint8Array(20), tcpOptions, data);
  const view = new DataView(tcp.buffer);
  view.setUint16(0, parts.sourcePort ?? 40_000);
  view.setUint16(2, 443);
  view.setUint32(4, parts.seq ?? 0);
  view.setUint32(8, parts.ack ?? 0);
  view.setUint8(12, (20 + tcpOptions.length) << 2);
  view.setUint8(13, parts.flags ?? 0x10);
  view.setUint16(14, parts.window ?? 1000);
  view.setUint16(18, parts.urgent ?? 0);
  view.setUint16(16, 0xffff - upperSum(parts, 6, tcp));
  return ipPacket({ ...parts, protocol: 6, payload: tcp });
}

/** As the kernel leaves it to a TUN with offloads: its checksum is the sum of the pseudo-header. */
export function partialTcpPacket(parts: SegmentParts): Uint8Array {
  const packet = tcpPacket(parts);
  const tcp = packet.subarray(addressFamily(parts.source) === 4 ? 20 : 40);
  const sum = upperSum(parts, 6, new Uint8Array(tcp.length));
  new DataView(tcp.buffer, tcp.byteOffset).setUint16(16, sum);
  return packet;
}

/** Over the pseudo-header and what follows: 0xffff where the checksum in it is right. */
export function upperSum(
  ends: Pick<PacketParts, 'source' | 'destination'>,
  protocol: number,
  upper: Uint8Array,
): number {
  const length = Uint8Array.of(upper.length >> 8, upper.length & 0xff, 0, protocol);
  return naiveSum(addressBytes(ends.source), addressBytes(ends.destination), length, upper);
}

export function ports(source: number, destination: number): Uint8Array {
  return Uint8Array.of(source >> 8, source & 0xff, destination >> 8, destination & 0xff, 0, 8, 0, 0);
}

/** The sum over 16-bit words in ones' complement, not inverted: 0xffff over anything that holds its checksum. */
export function naiveSum(...parts: Uint8Array[]): number {
  let sum = 0;
  for (const part of parts) {
    for (const [at, byte] of part.entries()) sum += at % 2 === 0 ? byte * 256 : byte;
  }
  while (sum > 0xffff) sum = (sum % 0x10000) + Math.floor(sum / 0x10000);
  return sum;
}

function ipv4Packet(parts: PacketParts): Uint8Array {
  const { options = new Uint8Array(), payload, fragmentOffset = 0 } = parts;
  const header = new Uint8Array(20 + options.length);
  const view = new DataView(header.buffer);
  header[0] = 0x40 | (header.length / 4);
  header[1] = parts.tos ?? 0;
  view.setUint16(2, header.length + payload.length);
  view.setUint16(4, parts.id ?? 0);
  view.setUint16(6, (parts.df === true ? 0x4000 : 0) | (parts.moreFragments === true ? 0x2000 : 0) | fragmentOffset);
  header[8] = parts.ttl ?? 64;
  header[9] = parts.protocol;
  header.set(addressBytes(parts.source), 12);
  header.set(addressBytes(parts.destination), 16);
  header.set(options, 20);
  view.setUint16(10, 0xffff - naiveSum(header));
  return concatBytes(header, payload);
}

function ipv6Packet(parts: PacketParts): Uint8Array {
  const { payload, fragmentOffset = 0, moreFragments = false, tos = 0 } = parts;
  const inFragments = fragmentOffset > 0 || moreFragments;
  const fragmentHeader = new Uint8Array(inFragments ? 8 : 0);
  if (inFragments) {
    fragmentHeader[0] = parts.protocol;
    new DataView(fragmentHeader.buffer).setUint16(2, (fragmentOffset << 3) | (moreFragments ? 1 : 0));
  }
  const header = new Uint8Array(40);
  const view = new DataView(header.buffer);
  view.setUint16(0, 0x6000 | (tos << 4));
  view.setUint16(4, fragmentHeader.length + payload.length);
  header[6] = inFragments ? 44 : parts.protocol;
  header[7] = parts.ttl ?? 64;
  header.set(addressBytes(parts.source), 8);
  header.set(addressBytes(parts.destination), 24);
  return concatBytes(header, fragmentHeader, payload);
}
