import type { IpAddress } from '../../base/net.ts';
import { addressBytes, addressFamily } from '../../base/net.ts';
import { setHeaderChecksum } from './checksum.ts';
import type { PacketMemory } from './packet-memory.ts';
import type { PacketView } from './packet-view.ts';

/**
 * The outer header of one SA, for a socket that leaves it to us or an ICV that covers it (RFC 4301 §5.1.2): DSCP and
 * ECN of the inner packet, its DF where both are IPv4, and nothing else of it.
 */
export class OuterHeader {
  /** 20 or 40 bytes. */
  readonly length: number;
  readonly #template: Uint8Array;
  #id = 0;

  constructor(source: IpAddress, destination: IpAddress, protocol: number) {
    const family = addressFamily(source);
    this.#template = family === 4 ? ipv4Template(protocol) : ipv6Template(protocol);
    this.length = this.#template.length;
    this.#template.set(addressBytes(source), family === 4 ? 12 : 8);
    this.#template.set(addressBytes(destination), family === 4 ? 16 : 24);
  }

  /** Writes it from `at` on, in front of `payloadLength` bytes that carry `inner`. */
  write({ bytes, view }: PacketMemory, at: number, payloadLength: number, inner: PacketView): void {
    bytes.set(this.#template, at);
    if (this.length === IPV4_HEADER) this.#finishIpv4(view, at, payloadLength, inner);
    else {
      view.setUint16(at, 0x6000 | (inner.tos << 4));
      view.setUint16(at + 4, payloadLength);
    }
  }

  #finishIpv4(view: DataView, at: number, payloadLength: number, inner: PacketView): void {
    view.setUint8(at + 1, inner.tos);
    view.setUint16(at + 2, IPV4_HEADER + payloadLength);
    // Never 0, which a raw socket replaces: the ICV of AH covers it.
    this.#id = this.#id === 0xffff ? 1 : this.#id + 1;
    view.setUint16(at + 4, this.#id);
    view.setUint16(at + 6, inner.df && inner.version === 4 ? DONT_FRAGMENT : 0);
    setHeaderChecksum(view, at, IPV4_HEADER);
  }
}

const IPV4_HEADER = 20;
const IPV6_HEADER = 40;
const DONT_FRAGMENT = 0x4000;
const HOP_LIMIT = 64;

function ipv4Template(protocol: number): Uint8Array {
  const header = new Uint8Array(IPV4_HEADER);
  header[0] = 0x45;
  header[8] = HOP_LIMIT;
  header[9] = protocol;
  return header;
}

function ipv6Template(protocol: number): Uint8Array {
  const header = new Uint8Array(IPV6_HEADER);
  header[0] = 0x60;
  header[6] = protocol;
  header[7] = HOP_LIMIT;
  return header;
}
