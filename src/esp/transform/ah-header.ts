import type { AddressFamily } from '../../base/net.ts';

/** The outer header that AH covers: without options or extension headers, which we neither send nor take. */
export type OuterHeader = {
  readonly length: number;
  /** The first octet (IPv4: version and header length), as far as it is fixed. */
  readonly firstOctet: number;
  readonly firstOctetMask: number;
  /** What of its first words is immutable on the way (RFC 4302 §3.3.3.1.1.1 and §3.3.3.1.2.1). */
  readonly immutable: Int32Array;
  /** What the length of the AH header is a multiple of (RFC 4302 §2.6). */
  readonly ahAlignment: number;
};

export const OUTER_HEADERS: Readonly<Record<AddressFamily, OuterHeader>> = {
  4: {
    length: 20,
    firstOctet: 0x45,
    firstOctetMask: 0xff,
    // Mutable are DSCP and ECN; flags and fragment offset; TTL and checksum.
    immutable: Int32Array.of(0xff00_ffff, 0xffff_0000, 0x00ff_0000),
    ahAlignment: 4,
  },
  6: {
    length: 40,
    firstOctet: 0x60,
    firstOctetMask: 0xf0,
    // Mutable are DSCP, ECN and flow label; hop limit.
    immutable: Int32Array.of(0xf000_0000, 0xffff_ff00),
    ahAlignment: 8,
  },
};

/** Where things stand in an AH header (RFC 4302 §2). */
export const AH_PAYLOAD_LENGTH = 1;
export const AH_SPI = 4;
export const AH_SEQUENCE = 8;
export const AH_ICV = 12;

/** With the padding that follows the ICV. */
export function ahHeaderBytes(icvBytes: number, { ahAlignment }: OuterHeader): number {
  return (AH_ICV + icvBytes + ahAlignment - 1) & -ahAlignment;
}

/** RFC 4302 §2.2: in words of 32 bits, minus 2, in IPv6 too. */
export function ahPayloadLength(headerBytes: number): number {
  return headerBytes / 4 - 2;
}

/** Zeroes what is mutable in an outer header, and puts it back. */
export class MutableFields {
  readonly #immutable: Int32Array;
  readonly #saved: Int32Array;

  constructor({ immutable }: OuterHeader) {
    this.#immutable = immutable;
    this.#saved = new Int32Array(immutable.length);
  }

  hide(view: DataView, at: number): void {
    for (let index = 0; index < this.#saved.length; index++) {
      const word = view.getInt32(at + 4 * index);
      this.#saved[index] = word;
      view.setInt32(at + 4 * index, word & (this.#immutable[index] ?? 0));
    }
  }

  restore(view: DataView, at: number): void {
    for (let index = 0; index < this.#saved.length; index++) view.setInt32(at + 4 * index, this.#saved[index] ?? 0);
  }
}
