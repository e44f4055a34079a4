import type { AddressFamily, Endpoint, IpAddress } from '../base/net.ts';
import { addressBytes } from '../base/net.ts';
import { IOVEC_BYTES, MSGHDR_BYTES, VECTOR_LENGTH, writeMessageHeader } from './message-header.ts';
import { encodePacketInfo, packetInfoAddress } from './packet-info.ts';
import { ADDRESS_OFFSET, encodeSocketAddress } from './socket-address.ts';

/** One datagram on its way out, in memory that is laid out once and used for every other one after it. */
export class OutgoingDatagram {
  /** The `struct msghdr` for sendmsg. */
  readonly header = new Uint8Array(new ArrayBuffer(MSGHDR_BYTES));
  readonly #family: AddressFamily;
  readonly #name: Uint8Array;
  readonly #control: Uint8Array;
  readonly #data = new Uint8Array(DATAGRAM_BYTES);
  readonly #vector = new DataView(new ArrayBuffer(IOVEC_BYTES));

  constructor(family: AddressFamily) {
    this.#family = family;
    this.#name = inPlace(encodeSocketAddress(family, ANY[family], 0));
    this.#control = inPlace(encodePacketInfo(family, ANY[family]));
    const vector = new Uint8Array(this.#vector.buffer);
    const parts = { name: this.#name, control: this.#control, data: this.#data, vector };
    writeMessageHeader(new DataView(this.header.buffer), 0, parts);
  }

  /** Of at most 65,536 bytes, which is more than UDP carries. */
  write(from: IpAddress, to: Endpoint, bytes: Uint8Array): void {
    const family = this.#family;
    this.#name[2] = to.port >>> 8;
    this.#name[3] = to.port;
    this.#name.set(addressBytes(to.address), ADDRESS_OFFSET[family]);
    this.#control.set(addressBytes(from), packetInfoAddress(family));
    this.#data.set(bytes);
    this.#vector.setUint32(VECTOR_LENGTH, bytes.length, true);
  }
}

/** Memory that the garbage collector does not move, as small arrays are. */
function inPlace(bytes: Uint8Array): Uint8Array {
  const place = new Uint8Array(new ArrayBuffer(bytes.length));
  place.set(bytes);
  return place;
}

export const DATAGRAM_BYTES = 65_536;
const ANY = { 4: '0.0.0.0', 6: '::' } as const;
