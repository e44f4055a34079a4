import type { AddressFamily } from '../../base/net.ts';

/** Datagram size that passes nearly everywhere: the least that IPv6 guarantees (RFC 7383 §2.5.1). */
export const DEFAULT_DATAGRAM_BYTES = 1280;

/** Room for an IKE message in an IP datagram of `datagramBytes`; `marked` where a non-ESP marker goes before it. */
export function maxMessageBytes(
  family: AddressFamily,
  marked: boolean,
  datagramBytes = DEFAULT_DATAGRAM_BYTES,
): number {
  const ipHeader = family === 4 ? 20 : 40;
  const udpHeader = 8;
  return datagramBytes - ipHeader - udpHeader - (marked ? 4 : 0);
}
