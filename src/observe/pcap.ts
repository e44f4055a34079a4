import { ByteWriter, concatBytes } from '../base/bytes.ts';
import { addressBytes, addressFamily, type Endpoint } from '../base/net.ts';

/** A UDP datagram as it was sent or received. `wall` is milliseconds since 1970. */
export type CapturedDatagram = {
  readonly wall: number;
  readonly from: Endpoint;
  readonly to: Endpoint;
  readonly bytes: Uint8Array;
};

/** The link type "raw IP": each packet begins with its IP header (draft-ietf-opsawg-pcap, tcpdump.org/linktypes). */
const LINKTYPE_RAW = 101;
const UDP = 17;
const HOP_LIMIT = 64;

/** What a capture file begins with, in the classic format with microseconds that every tool reads. */
export function pcapHeader(): Uint8Array {
  return new ByteWriter().u32(0xa1b2c3d4).u16(2).u16(4).u32(0).u32(0).u32(65_535).u32(LINKTYPE_RAW).finish();
}

/**
 * One packet. The daemon sees the datagram only, so that the headers before it are made here: addresses, ports and
 * lengths are those of the datagram, all else says nothing.
 */
export function pcapPacket({ wall, from, to, bytes }: CapturedDatagram): Uint8Array {
  const udp = udpPacket(from, to, bytes);
  const packet = addressFamily(from.address) === 4 ? ipv4Packet(from, to, udp) : ipv6Packet(from, to, udp);
  const record = new ByteWriter()
    .u32(Math.floor(wall / 1_000))
    .u32(Math.floor(wall % 1_000) * 1_000)
    .u32(packet.length)
    .u32(packet.length)
    .finish();
  return concatBytes(record, packet);
}

function udpPacket(from: Endpoint, to: Endpoint, bytes: Uint8Array): Uint8Array {
  const length = 8 + bytes.length;
  const pseudo = new ByteWriter()
    .bytes(addressBytes(from.address))
    .bytes(addressBytes(to.address))
    .u32(UDP)
    .u32(length);
  const header = (checksum: number) => new ByteWriter().u16(from.port).u16(to.port).u16(length).u16(checksum).finish();
  const sum = internetChecksum(concatBytes(pseudo.finish(), header(0), bytes));
  // RFC 768: a sum of zero is sent as all ones, as zero means that there is none.
  return concatBytes(header(sum === 0 ? 0xffff : sum), bytes);
}

function ipv4Packet(from: Endpoint, to: Endpoint, payload: Uint8Array): Uint8Array {
  const header = (checksum: number) =>
    new ByteWriter()
      .u16(0x4500)
      .u16(20 + payload.length)
      .u32(0)
      .u8(HOP_LIMIT)
      .u8(UDP)
      .u16(checksum)
      .bytes(addressBytes(from.address))
      .bytes(addressBytes(to.address))
      .finish();
  return concatBytes(header(internetChecksum(header(0))), payload);
}

function ipv6Packet(from: Endpoint, to: Endpoint, payload: Uint8Array): Uint8Array {
  const header = new ByteWriter()
    .u32(0x6000_0000)
    .u16(payload.length)
    .u8(UDP)
    .u8(HOP_LIMIT)
    .bytes(addressBytes(from.address))
    .bytes(addressBytes(to.address));
  return concatBytes(header.finish(), payload);
}

/** RFC 1071. */
function internetChecksum(bytes: Uint8Array): number {
  let sum = 0;
  for (let index = 0; index < bytes.length; index += 2) sum += ((bytes[index] ?? 0) << 8) | (bytes[index + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}
