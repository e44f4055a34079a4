/**
 * The headers of an IP packet as far as policies look at them (RFC 4301 §4.4.1.1). One is made for each thread and
 * filled again for each packet, so that looking allocates nothing.
 */
export class PacketView {
  /** Where the packet begins in the bytes that were read. */
  at = 0;
  version: 4 | 6 = 4;
  /** From the first byte of the packet to its next layer, behind IPv6 extension headers. */
  headerLength = 0;
  /** What IP says; padding for traffic flow confidentiality lies behind it (RFC 4303 §2.7). */
  totalLength = 0;
  /** The next layer: what stands behind the extension headers. */
  protocol = 0;
  /** Four words in host order; those of IPv4 are 0, 0, 0 and the address. */
  readonly source = new Uint32Array(4);
  readonly destination = new Uint32Array(4);
  /** False where a non-first fragment, encryption, or a protocol without ports hides them: they are OPAQUE then. */
  hasPorts = false;
  /** Of ICMP both hold type and code, of a mobility header its type, as RFC 7296 §3.13.1 puts them into a selector. */
  sourcePort = 0;
  destinationPort = 0;
  /** Of a packet whose beginning is another one's. */
  fragment = false;
  /** Don't Fragment; always so in IPv6. */
  df = false;
  /** Type of service or traffic class: DSCP and ECN. */
  tos = 0;

  get ecn(): number {
    return this.tos & 3;
  }

  /** Whether the `length` bytes from `at` begin with an IP packet that is all there; the fields hold only then. */
  read(bytes: Uint8Array, at: number, length: number): boolean {
    this.at = at;
    if (length < IPV4_HEADER) return false;
    const version = byteAt(bytes, at) >> 4;
    if (version === 4) return this.#readIpv4(bytes, at, length);
    return version === 6 && length >= IPV6_HEADER && this.#readIpv6(bytes, at, length);
  }

  #readIpv4(bytes: Uint8Array, at: number, length: number): boolean {
    const headerLength = (byteAt(bytes, at) & 0xf) * 4;
    const totalLength = u16At(bytes, at + 2);
    if (headerLength < IPV4_HEADER || totalLength < headerLength || totalLength > length) return false;
    if (this.version !== 4) this.#becomeIpv4();
    const fragmentation = u16At(bytes, at + 6);
    this.headerLength = headerLength;
    this.totalLength = totalLength;
    this.tos = byteAt(bytes, at + 1);
    this.df = (fragmentation & DONT_FRAGMENT) !== 0;
    this.fragment = (fragmentation & FRAGMENT_OFFSET) !== 0;
    this.protocol = byteAt(bytes, at + 9);
    this.source[3] = u32At(bytes, at + 12);
    this.destination[3] = u32At(bytes, at + 16);
    this.#readPorts(bytes, at + headerLength, totalLength - headerLength);
    return true;
  }

  #becomeIpv4(): void {
    this.version = 4;
    this.source.fill(0);
    this.destination.fill(0);
  }

  #readIpv6(bytes: Uint8Array, at: number, length: number): boolean {
    const totalLength = IPV6_HEADER + u16At(bytes, at + 4);
    if (totalLength > length) return false;
    this.version = 6;
    this.totalLength = totalLength;
    this.tos = (u16At(bytes, at) >> 4) & 0xff;
    this.df = true;
    this.fragment = false;
    for (let word = 0; word < 4; word++) {
      this.source[word] = u32At(bytes, at + 8 + word * 4);
      this.destination[word] = u32At(bytes, at + 24 + word * 4);
    }
    if (!this.#skipExtensions(bytes, at, totalLength)) return false;
    this.#readPorts(bytes, at + this.headerLength, totalLength - this.headerLength);
    return true;
  }

  /**
   * RFC 4301 §4.4.1.1: hop-by-hop options, routing, fragment and destination options are skipped, AH and ESP are not.
   * False where the chain ends outside the packet (RFC 7112 allows to discard that of a first fragment) or is longer
   * than anything in earnest.
   */
  #skipExtensions(bytes: Uint8Array, at: number, totalLength: number): boolean {
    let next = byteAt(bytes, at + 6);
    let offset = IPV6_HEADER;
    for (let count = 0; count <= MAX_EXTENSIONS; count++) {
      if (!isExtension(next) || this.fragment) {
        this.protocol = next;
        this.headerLength = offset;
        return true;
      }
      if (offset + 8 > totalLength) return false;
      const isFragmentHeader = next === FRAGMENT;
      if (isFragmentHeader) this.fragment = u16At(bytes, at + offset + 2) >= 8;
      next = byteAt(bytes, at + offset);
      offset += isFragmentHeader ? 8 : (byteAt(bytes, at + offset + 1) + 1) * 8;
      if (offset > totalLength) return false;
    }
    return false;
  }

  #readPorts(bytes: Uint8Array, at: number, room: number): void {
    const layout = this.fragment ? NO_PORTS : (PORT_LAYOUT[this.protocol] ?? NO_PORTS);
    this.hasPorts = layout !== NO_PORTS && room >= 4;
    if (!this.hasPorts) {
      this.sourcePort = 0;
      this.destinationPort = 0;
    } else if (layout === TWO_PORTS) {
      this.sourcePort = u16At(bytes, at);
      this.destinationPort = u16At(bytes, at + 2);
    } else {
      const value = layout === TYPE_AND_CODE ? u16At(bytes, at) : byteAt(bytes, at + 2) << 8;
      this.sourcePort = value;
      this.destinationPort = value;
    }
  }
}

const IPV4_HEADER = 20;
const IPV6_HEADER = 40;
const DONT_FRAGMENT = 0x4000;
const FRAGMENT_OFFSET = 0x1fff;

const HOP_BY_HOP = 0;
const ROUTING = 43;
const FRAGMENT = 44;
const DESTINATION_OPTIONS = 60;
/** RFC 8200 §4.1 recommends at most one of each, destination options twice. */
const MAX_EXTENSIONS = 8;

function isExtension(next: number): boolean {
  return next === HOP_BY_HOP || next === ROUTING || next === FRAGMENT || next === DESTINATION_OPTIONS;
}

const NO_PORTS = 0;
const TWO_PORTS = 1;
const TYPE_AND_CODE = 2;
const MOBILITY_TYPE = 3;

/** By protocol: what the first bytes of the next layer say to a selector. */
const PORT_LAYOUT = new Uint8Array(256);
for (const protocol of [6, 17, 33, 132, 136]) PORT_LAYOUT[protocol] = TWO_PORTS;
for (const protocol of [1, 58]) PORT_LAYOUT[protocol] = TYPE_AND_CODE;
PORT_LAYOUT[135] = MOBILITY_TYPE;

function byteAt(bytes: Uint8Array, at: number): number {
  return bytes[at] ?? 0;
}

function u16At(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
}

function u32At(bytes: Uint8Array, at: number): number {
  return (
    (((bytes[at] ?? 0) << 24) | ((bytes[at + 1] ?? 0) << 16) | ((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0)) >>> 0
  );
}
