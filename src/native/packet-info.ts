import type { AddressFamily, IpAddress } from '../base/net.ts';
import { addressBytes, addressFromBytes } from '../base/net.ts';

/**
 * The control message that makes a datagram leave from `source`: `struct cmsghdr` (u64 length, i32 level, i32 type)
 * with `struct in_pktinfo` (interface, local address, header address) or `struct in6_pktinfo` (address, interface).
 * Interface 0 leaves the choice to the routes.
 */
export function encodePacketInfo(family: AddressFamily, source: IpAddress): Uint8Array {
  const row = PACKET_INFO[family];
  const bytes = new Uint8Array(CONTROL_BYTES);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, BigInt(CMSGHDR_BYTES + row.bytes), true);
  view.setInt32(8, row.level, true);
  view.setInt32(12, row.type, true);
  bytes.set(addressBytes(source), packetInfoAddress(family));
  return bytes.subarray(0, CMSGHDR_BYTES + align(row.bytes));
}

/** Where the address stands in what `encodePacketInfo` makes. */
export function packetInfoAddress(family: AddressFamily): number {
  return CMSGHDR_BYTES + PACKET_INFO[family].addressOffset;
}

/** The own address that a datagram came to, from its control messages; undefined where the kernel gave none. */
export function decodePacketInfo(family: AddressFamily, control: Uint8Array): IpAddress | undefined {
  const row = PACKET_INFO[family];
  const view = new DataView(control.buffer, control.byteOffset, control.byteLength);
  let offset = 0;
  while (offset + CMSGHDR_BYTES <= control.length) {
    // The upper half is 0: no control message is that long.
    const length = view.getUint32(offset, true);
    if (length < CMSGHDR_BYTES || offset + length > control.length) return undefined;
    const matches = view.getInt32(offset + 8, true) === row.level && view.getInt32(offset + 12, true) === row.type;
    if (matches && length >= CMSGHDR_BYTES + row.bytes) {
      const start = offset + CMSGHDR_BYTES + row.addressOffset;
      return addressFromBytes(control.subarray(start, start + row.addressBytes));
    }
    offset += align(length);
  }
  return undefined;
}

/** Room for the control messages of one datagram. */
export const CONTROL_BYTES = 64;
const CMSGHDR_BYTES = 16;

/** Level IPPROTO_IP or IPPROTO_IPV6; IP_PKTINFO or IPV6_PKTINFO. For IPv4 the address is `ipi_spec_dst`: our own. */
const PACKET_INFO = {
  4: { level: 0, type: 8, bytes: 12, addressOffset: 4, addressBytes: 4 },
  6: { level: 41, type: 50, bytes: 20, addressOffset: 0, addressBytes: 16 },
} as const;

function align(length: number): number {
  return (length + 7) & ~7;
}
