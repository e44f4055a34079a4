import { fromHex, toHex } from './bytes.ts';

/**
 * An IPv4 or IPv6 address as its canonical text (RFC 5952), so that it is plain data, a Map key and readable in
 * JSON at once. Make one with `parseAddress` or `addressFromBytes`.
 */
export type IpAddress = string & { readonly __brand?: 'IpAddress' };

export type AddressFamily = 4 | 6;

/** One end of a UDP flow. */
export type Endpoint = { readonly address: IpAddress; readonly port: number };

/** An address with a prefix length; host bits are zero. */
export type Prefix = { readonly address: IpAddress; readonly length: number };

/** The canonical form of `text`, or undefined where it is no address. Leading zeros and zone names are refused. */
export function parseAddress(text: string): IpAddress | undefined {
  const bytes = text.includes(':') ? parseIpv6(text) : parseIpv4(text);
  return bytes === undefined ? undefined : addressFromBytes(bytes);
}

/** 4 or 16 bytes in network order. */
export function addressBytes(address: IpAddress): Uint8Array {
  const bytes = address.includes(':') ? parseIpv6(address) : parseIpv4(address);
  if (bytes === undefined) throw new RangeError(`not an address: ${address}`);
  return bytes;
}

/** @throws RangeError unless there are 4 or 16 bytes. */
export function addressFromBytes(bytes: Uint8Array): IpAddress {
  if (bytes.length === 4) return `${bytes[0]}.${bytes[1]}.${bytes[2]}.${bytes[3]}`;
  if (bytes.length === 16) return formatIpv6(bytes);
  throw new RangeError(`an address has 4 or 16 bytes, not ${bytes.length}`);
}

export function addressFamily(address: IpAddress): AddressFamily {
  return address.includes(':') ? 6 : 4;
}

/** The address as an integer, for ranges. */
export function addressToInteger(address: IpAddress): bigint {
  if (addressFamily(address) === 6) return BigInt(`0x${toHex(addressBytes(address))}`);
  const value = ipv4Value(address);
  if (value === undefined) throw new RangeError(`not an address: ${address}`);
  return BigInt(value);
}

/** The same for comparisons within a family: a number in IPv4, as a bigint is an allocation for each step. */
export function addressValue(address: IpAddress): number | bigint {
  return ipv4Value(address) ?? addressToInteger(address);
}

export function addressFromInteger(value: number | bigint, family: AddressFamily): IpAddress {
  if (family === 6) return formatIpv6(fromHex(value.toString(16).padStart(32, '0')));
  const word = Number(value);
  return `${word >>> 24}.${(word >>> 16) & 0xff}.${(word >>> 8) & 0xff}.${word & 0xff}`;
}

/** 32 or 128. */
export function addressBits(family: AddressFamily): number {
  return family === 4 ? 32 : 128;
}

/** `10.0.0.0/8`, or a bare address as a host prefix; undefined where malformed or where host bits are set. */
export function parsePrefix(text: string): Prefix | undefined {
  const [addressText, lengthText, ...more] = text.split('/');
  const address = parseAddress(addressText ?? '');
  if (address === undefined || more.length > 0) return undefined;
  const bits = addressBits(addressFamily(address));
  if (lengthText === undefined) return { address, length: bits };
  if (!/^\d{1,3}$/.test(lengthText) || Number(lengthText) > bits) return undefined;
  const prefix = { address, length: Number(lengthText) };
  return prefixRange(prefix).start === address ? prefix : undefined;
}

export function formatPrefix(prefix: Prefix): string {
  return `${prefix.address}/${prefix.length}`;
}

/** First and last address of the prefix (the prefix's host bits are cleared first). */
export function prefixRange(prefix: Prefix): { readonly start: IpAddress; readonly end: IpAddress } {
  const family = addressFamily(prefix.address);
  const value = addressValue(prefix.address);
  if (typeof value === 'number') {
    const size = 2 ** (32 - prefix.length);
    const first = value - (value % size);
    return { start: addressFromInteger(first, family), end: addressFromInteger(first + size - 1, family) };
  }
  const hostMask = (1n << BigInt(addressBits(family) - prefix.length)) - 1n;
  return {
    start: addressFromInteger(value & ~hostMask, family),
    end: addressFromInteger(value | hostMask, family),
  };
}

export function prefixesOverlap(a: Prefix, b: Prefix): boolean {
  if (addressFamily(a.address) !== addressFamily(b.address)) return false;
  const bits = addressBits(addressFamily(a.address));
  const shift = BigInt(bits - Math.min(a.length, b.length));
  return addressToInteger(a.address) >> shift === addressToInteger(b.address) >> shift;
}

/** Whether every address of `inner` lies within `outer`. */
export function prefixContains(outer: Prefix, inner: Prefix): boolean {
  return inner.length >= outer.length && prefixesOverlap(outer, inner);
}

/** `10.0.0.1:500`, `[2001:db8::1]:500`. */
export function formatEndpoint(endpoint: Endpoint): string {
  const address = addressFamily(endpoint.address) === 6 ? `[${endpoint.address}]` : endpoint.address;
  return `${address}:${endpoint.port}`;
}

export function sameEndpoint(a: Endpoint, b: Endpoint): boolean {
  return a.address === b.address && a.port === b.port;
}

function parseIpv4(text: string): Uint8Array | undefined {
  const value = ipv4Value(text);
  return value === undefined ? undefined : Uint8Array.of(value >>> 24, value >>> 16, value >>> 8, value);
}

const DIGIT_ZERO = 0x30;
const DOT = 0x2e;

/**
 * The address as a 32-bit number; undefined where the text is none. By hand and without a thing on the heap, as addresses
 * are read for every message. Leading zeros are refused: some take them for octal.
 */
function ipv4Value(text: string): number | undefined {
  let value = 0;
  let dots = 0;
  let octet = 0;
  let digits = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === DOT) {
      if (digits === 0 || dots === 3) return undefined;
      value = value * 256 + octet;
      dots++;
      octet = 0;
      digits = 0;
      continue;
    }
    const digit = code - DIGIT_ZERO;
    if (digit < 0 || digit > 9 || (digits > 0 && octet === 0)) return undefined;
    octet = octet * 10 + digit;
    digits++;
    if (octet > 255) return undefined;
  }
  return dots === 3 && digits > 0 ? value * 256 + octet : undefined;
}

function parseIpv6(text: string): Uint8Array | undefined {
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const head = ipv6Groups(halves[0] ?? '');
  const tail = halves.length === 2 ? ipv6Groups(halves[1] ?? '') : [];
  if (head === undefined || tail === undefined) return undefined;
  const missing = 8 - head.length - tail.length;
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined;
  const groups = [...head, ...new Array<number>(missing).fill(0), ...tail];
  return Uint8Array.from(groups.flatMap((group) => [group >> 8, group & 0xff]));
}

/** The 16-bit groups of one side of `::`; a dotted IPv4 tail counts as two. */
function ipv6Groups(text: string): number[] | undefined {
  if (text === '') return [];
  const parts = text.split(':');
  const groups: number[] = [];
  for (const [index, part] of parts.entries()) {
    const dotted = index === parts.length - 1 && part.includes('.') ? parseIpv4(part) : undefined;
    if (dotted !== undefined) {
      const [a = 0, b = 0, c = 0, d = 0] = dotted;
      groups.push((a << 8) | b, (c << 8) | d);
    } else if (/^[0-9a-fA-F]{1,4}$/.test(part)) {
      groups.push(Number.parseInt(part, 16));
    } else {
      return undefined;
    }
  }
  return groups;
}

/** RFC 5952 §4: lower case, no leading zeros, the longest run of two or more zero groups becomes `::`. */
function formatIpv6(bytes: Uint8Array): IpAddress {
  const groups = Array.from({ length: 8 }, (_, index) => ((bytes[index * 2] ?? 0) << 8) | (bytes[index * 2 + 1] ?? 0));
  let best = { start: 0, length: 0 };
  for (let start = 0; start < 8; start++) {
    let length = 0;
    while (groups[start + length] === 0) length++;
    if (length > best.length) best = { start, length };
  }
  const text = (part: number[]) => part.map((group) => group.toString(16)).join(':');
  if (best.length < 2) return text(groups);
  return `${text(groups.slice(0, best.start))}::${text(groups.slice(best.start + best.length))}`;
}
