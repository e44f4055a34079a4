import type { AddressFamily, Endpoint, IpAddress } from '../base/net.ts';
import { addressBytes, addressFromBytes } from '../base/net.ts';

/** `struct sockaddr_in` (16 bytes) or `struct sockaddr_in6` (28 bytes): host order family, network order port. */
export function encodeSocketAddress(family: AddressFamily, address: IpAddress, port: number): Uint8Array {
  const bytes = new Uint8Array(SOCKET_ADDRESS_BYTES[family]);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, family === 4 ? AF_INET : AF_INET6, true);
  view.setUint16(2, port);
  bytes.set(addressBytes(address), ADDRESS_OFFSET[family]);
  return bytes;
}

/** The endpoint in a socket address that the kernel has filled in. */
export function decodeSocketAddress(family: AddressFamily, bytes: Uint8Array): Endpoint {
  const start = ADDRESS_OFFSET[family];
  return {
    address: addressFromBytes(bytes.subarray(start, start + (family === 4 ? 4 : 16))),
    port: ((bytes[2] ?? 0) << 8) | (bytes[3] ?? 0),
  };
}

export const AF_INET = 2;
export const AF_INET6 = 10;
export const SOCKET_ADDRESS_BYTES = { 4: 16, 6: 28 } as const;
/** Where the address is in it. */
export const ADDRESS_OFFSET = { 4: 4, 6: 8 } as const;
