import { endianness } from 'node:os';
import { WireError } from '../base/errors.ts';
import { NLM_F_ACK_TLVS, NLM_F_CAPPED, NLMSG_ERROR, NLMSGERR_ATTR_MSG } from './constants.ts';

/** What the data plane needs of a netlink socket; src/native has the real one, tests a fake. */
export type NetlinkPort = {
  /**
   * Sends one request and returns every message that answers its nlmsg_seq, the closing NLMSG_ERROR or NLMSG_DONE
   * included. Throws only where the socket itself fails.
   */
  request(message: Uint8Array): readonly Uint8Array[];
  /** Datagrams of the socket's multicast groups. */
  subscribe(onMessages: (datagram: Uint8Array) => void, onOverrun: () => void): void;
  close(): void;
};

export type NetlinkMessage = { readonly type: number; readonly flags: number; readonly payload: Uint8Array };

/** Attributes by type. Where a type repeats the last one stands; none of those read here repeats. */
export type Attributes = ReadonlyMap<number, Uint8Array>;

/**
 * One request: `struct nlmsghdr` (16 bytes: u32 len, u16 type, u16 flags, u32 seq, u32 pid) and its body. The
 * sequence number is 0 until `withSequence` sets it.
 */
export function buildMessage(type: number, flags: number, body: (writer: NetlinkWriter) => void): Uint8Array {
  const writer = new NetlinkWriter();
  writer.u32(0).u16(type).u16(flags).u32(0).u32(0);
  body(writer);
  const message = writer.finish();
  viewOf(message).setUint32(0, message.length, HOST_IS_LITTLE);
  return message;
}

/** A copy of `message` with its nlmsg_seq set. */
export function withSequence(message: Uint8Array, sequence: number): Uint8Array {
  const copy = message.slice();
  viewOf(copy).setUint32(8, sequence, HOST_IS_LITTLE);
  return copy;
}

/** The messages of a datagram, in order. @throws WireError where a length does not fit. */
export function parseMessages(datagram: Uint8Array): NetlinkMessage[] {
  const messages: NetlinkMessage[] = [];
  let reader = new HostReader(datagram);
  while (reader.remaining >= HEADER_BYTES) {
    const rest = reader.rest();
    const header = new HostReader(rest);
    const length = header.u32('nlmsg_len');
    const type = header.u16('nlmsg_type');
    const flags = header.u16('nlmsg_flags');
    if (length < HEADER_BYTES || length > rest.length) throw new WireError('length', 'nlmsg_len');
    messages.push({ type, flags, payload: rest.subarray(HEADER_BYTES, length) });
    reader = new HostReader(rest.subarray(Math.min(align4(length), rest.length)));
  }
  return messages;
}

/** The `struct nlattr` list (u16 len, u16 type, payload, padding to 4) in `bytes`. @throws WireError */
export function parseAttributes(bytes: Uint8Array): Attributes {
  const attributes = new Map<number, Uint8Array>();
  let rest = bytes;
  while (rest.length >= ATTRIBUTE_HEADER_BYTES) {
    const header = new HostReader(rest);
    const length = header.u16('nla_len');
    const type = header.u16('nla_type') & NLA_TYPE_MASK;
    if (length < ATTRIBUTE_HEADER_BYTES || length > rest.length) throw new WireError('length', 'nla_len');
    attributes.set(type, rest.subarray(ATTRIBUTE_HEADER_BYTES, length));
    rest = rest.subarray(Math.min(align4(length), rest.length));
  }
  return attributes;
}

export type NetlinkError = {
  /** Positive errno; 0 is the acknowledgement. */
  readonly errno: number;
  /** The kernel's own words (extended acknowledgement), where it gave any. */
  readonly text?: string;
};

/**
 * `struct nlmsgerr`: s32 negative errno, then the request's header (with its body, unless capped), then attributes.
 * Also the tail of an NLMSG_DONE, which starts with the same errno.
 * @throws WireError
 */
export function parseError(message: NetlinkMessage): NetlinkError {
  const reader = new HostReader(message.payload);
  // A dump's end carries no errno on old kernels.
  const errno = message.payload.length < 4 ? 0 : -reader.s32('nlmsgerr.error');
  if (message.type !== NLMSG_ERROR || (message.flags & NLM_F_ACK_TLVS) === 0) return { errno };
  const echoed = new HostReader(reader.rest()).u32('nlmsgerr.msg.nlmsg_len');
  const offset = 4 + ((message.flags & NLM_F_CAPPED) === 0 ? align4(echoed) : HEADER_BYTES);
  const words = parseAttributes(message.payload.subarray(Math.min(offset, message.payload.length)));
  const text = words.get(NLMSGERR_ATTR_MSG);
  return text === undefined ? { errno } : { errno, text: fixedText(text) };
}

/** Collects netlink structures: host byte order by default, network order where the method says `be`. */
export class NetlinkWriter {
  #bytes = new Uint8Array(512);
  #view = viewOf(this.#bytes);
  #length = 0;

  u8(value: number): this {
    const start = this.#grow(1);
    this.#view.setUint8(start, value);
    return this;
  }

  u16(value: number): this {
    const start = this.#grow(2);
    this.#view.setUint16(start, value, HOST_IS_LITTLE);
    return this;
  }

  u32(value: number): this {
    const start = this.#grow(4);
    this.#view.setUint32(start, value, HOST_IS_LITTLE);
    return this;
  }

  u64(value: bigint): this {
    const start = this.#grow(8);
    this.#view.setBigUint64(start, value, HOST_IS_LITTLE);
    return this;
  }

  be16(value: number): this {
    const start = this.#grow(2);
    this.#view.setUint16(start, value);
    return this;
  }

  be32(value: number): this {
    const start = this.#grow(4);
    this.#view.setUint32(start, value);
    return this;
  }

  bytes(value: Uint8Array): this {
    const start = this.#grow(value.length);
    this.#bytes.set(value, start);
    return this;
  }

  zeros(count: number): this {
    this.#grow(count);
    return this;
  }

  /** ASCII in a field of `size` bytes, zero-terminated. */
  text(value: string, size: number): this {
    if (value.length >= size) throw new RangeError(`${value} does not fit ${size} bytes`);
    const start = this.#grow(size);
    for (let index = 0; index < value.length; index++) this.#bytes[start + index] = value.charCodeAt(index);
    return this;
  }

  attribute(type: number, body: (writer: this) => void): this {
    const start = this.#grow(ATTRIBUTE_HEADER_BYTES);
    body(this);
    this.#view.setUint16(start, this.#length - start, HOST_IS_LITTLE);
    this.#view.setUint16(start + 2, type, HOST_IS_LITTLE);
    return this.zeros(align4(this.#length) - this.#length);
  }

  /** A copy of what was written. The writer's own memory is cleared, as it may hold keys. */
  finish(): Uint8Array {
    const written = this.#bytes.slice(0, this.#length);
    this.#bytes.fill(0);
    return written;
  }

  #grow(count: number): number {
    const start = this.#length;
    const needed = start + count;
    if (needed > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
      grown.set(this.#bytes);
      this.#bytes.fill(0);
      this.#bytes = grown;
      this.#view = viewOf(grown);
    }
    this.#length = needed;
    return start;
  }
}

/** The counterpart of `NetlinkWriter`. Every read past the end throws `WireError('truncated', field)`. */
export class HostReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #offset = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = viewOf(bytes);
  }

  get remaining(): number {
    return this.#bytes.length - this.#offset;
  }

  u8(field: string): number {
    return this.#view.getUint8(this.#take(1, field));
  }

  u16(field: string): number {
    return this.#view.getUint16(this.#take(2, field), HOST_IS_LITTLE);
  }

  u32(field: string): number {
    return this.#view.getUint32(this.#take(4, field), HOST_IS_LITTLE);
  }

  s32(field: string): number {
    return this.#view.getInt32(this.#take(4, field), HOST_IS_LITTLE);
  }

  u64(field: string): bigint {
    return this.#view.getBigUint64(this.#take(8, field), HOST_IS_LITTLE);
  }

  be16(field: string): number {
    return this.#view.getUint16(this.#take(2, field));
  }

  be32(field: string): number {
    return this.#view.getUint32(this.#take(4, field));
  }

  /** A view; it shares memory with the input. */
  bytes(length: number, field: string): Uint8Array {
    const start = this.#take(length, field);
    return this.#bytes.subarray(start, start + length);
  }

  skip(length: number, field: string): this {
    this.#take(length, field);
    return this;
  }

  rest(): Uint8Array {
    return this.#bytes.subarray(this.#offset);
  }

  #take(length: number, field: string): number {
    if (length > this.remaining) throw new WireError('truncated', field);
    const start = this.#offset;
    this.#offset += length;
    return start;
  }
}

function fixedText(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return String.fromCharCode(...bytes.subarray(0, end < 0 ? bytes.length : end));
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function align4(length: number): number {
  return (length + 3) & ~3;
}

const HOST_IS_LITTLE = endianness() === 'LE';
const HEADER_BYTES = 16;
const ATTRIBUTE_HEADER_BYTES = 4;
/** NLA_F_NESTED and NLA_F_NET_BYTEORDER share the field. */
const NLA_TYPE_MASK = 0x3fff;
