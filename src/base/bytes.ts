import { WireError } from './errors.ts';

/** A checked cursor over bytes in network order. Every read past the end throws `WireError('truncated', field)`. */
export class ByteReader {
  readonly #bytes: Uint8Array;
  #offset = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get offset(): number {
    return this.#offset;
  }

  get remaining(): number {
    return this.#bytes.length - this.#offset;
  }

  u8(field: string): number {
    return this.#octet(this.#take(1, field));
  }

  u16(field: string): number {
    const at = this.#take(2, field);
    return (this.#octet(at) << 8) | this.#octet(at + 1);
  }

  u32(field: string): number {
    const at = this.#take(4, field);
    const low = (this.#octet(at + 1) << 16) | (this.#octet(at + 2) << 8) | this.#octet(at + 3);
    // Not by a shift, which would make it negative.
    return this.#octet(at) * 0x100_0000 + low;
  }

  u64(field: string): bigint {
    const high = this.u32(field);
    return (BigInt(high) << 32n) | BigInt(this.u32(field));
  }

  /** A view of the next `length` bytes; it shares memory with the input. */
  bytes(length: number, field: string): Uint8Array {
    const start = this.#take(length, field);
    return this.#bytes.subarray(start, start + length);
  }

  /** All that is left, possibly nothing. */
  rest(): Uint8Array {
    return this.bytes(this.remaining, 'rest');
  }

  #octet(at: number): number {
    return this.#bytes[at] ?? 0;
  }

  #take(length: number, field: string): number {
    if (length < 0 || length > this.remaining) throw new WireError('truncated', field);
    const start = this.#offset;
    this.#offset += length;
    return start;
  }
}

/** Small enough that the engine makes it without an allocation of its own; most of what is written fits. */
const FIRST_BYTES = 64;

/** Collects bytes in network order; lengths that are known only afterwards are patched. */
export class ByteWriter {
  #bytes: Uint8Array;
  #length = 0;

  /** `room` for what will be written, where that is known: it is then written in place. */
  constructor(room = FIRST_BYTES) {
    this.#bytes = new Uint8Array(room);
  }

  get length(): number {
    return this.#length;
  }

  u8(value: number): this {
    const at = this.#grow(1);
    this.#bytes[at] = value;
    return this;
  }

  u16(value: number): this {
    const at = this.#grow(2);
    return this.patchU16(at, value);
  }

  u32(value: number): this {
    const at = this.#grow(4);
    return this.patchU32(at, value);
  }

  u64(value: bigint): this {
    return this.u32(Number((value >> 32n) & 0xffff_ffffn)).u32(Number(value & 0xffff_ffffn));
  }

  bytes(value: Uint8Array): this {
    const at = this.#grow(value.length);
    this.#bytes.set(value, at);
    return this;
  }

  /** The octets that a text of two lower-case hexadecimal digits each stands for, such as an SPI. */
  hex(text: string): this {
    const at = this.#grow(text.length >> 1);
    for (let index = at; index < this.#length; index++) {
      const digit = (index - at) * 2;
      this.#bytes[index] = (digitAt(text, digit) << 4) | digitAt(text, digit + 1);
    }
    return this;
  }

  zeros(count: number): this {
    this.#grow(count);
    return this;
  }

  /** Overwrites a 16-bit field written before at `offset`. */
  patchU16(offset: number, value: number): this {
    this.#bytes[offset] = value >>> 8;
    this.#bytes[offset + 1] = value;
    return this;
  }

  /** Overwrites a 32-bit field written before at `offset`. */
  patchU32(offset: number, value: number): this {
    return this.patchU16(offset, value >>> 16).patchU16(offset + 2, value);
  }

  /** What was written, in memory of its own; nothing is written afterwards. */
  finish(): Uint8Array {
    return this.#length === this.#bytes.length ? this.#bytes : this.#bytes.slice(0, this.#length);
  }

  /** Makes room, which may replace the buffer: call it before the buffer is looked at. */
  #grow(count: number): number {
    const start = this.#length;
    const needed = start + count;
    if (needed > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
      grown.set(this.#bytes);
      this.#bytes = grown;
    }
    this.#length = needed;
    return start;
  }
}

export function concatBytes(...parts: readonly Uint8Array[]): Uint8Array {
  let length = 0;
  for (const part of parts) length += part.length;
  const out = new Uint8Array(length);
  let offset = 0;
  for (const part of parts) {
    out.set(part, offset);
    offset += part.length;
  }
  return out;
}

/** The 32-bit integer at `at`, in network order; what lies beyond the end counts as zeros. */
export function readU32(bytes: Uint8Array, at = 0): number {
  const [first, second, third, fourth] = [bytes[at] ?? 0, bytes[at + 1] ?? 0, bytes[at + 2] ?? 0, bytes[at + 3] ?? 0];
  return ((first << 24) | (second << 16) | (third << 8) | fourth) >>> 0;
}

/** Ordinary comparison, for values that are public. Secrets are compared with `constantTimeEqual` of src/crypto. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let index = 0; index < a.length; index++) if (a[index] !== b[index]) return false;
  return true;
}

/** Lexicographic order as unsigned octets, as RFC 7296 §2.8.1 compares nonces. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const common = Math.min(a.length, b.length);
  for (let index = 0; index < common; index++) {
    const difference = (a[index] ?? 0) - (b[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

/** Of each octet: every message has SPIs, whose text is their name. */
const HEX_OF: readonly string[] = Array.from({ length: 256 }, (_, octet) => octet.toString(16).padStart(2, '0'));

/** Lower-case, without prefix. */
export function toHex(bytes: Uint8Array): string {
  return hexOf(bytes, 0, bytes.length);
}

/** The same of the bytes from `start` up to `end`. */
export function hexOf(bytes: Uint8Array, start: number, end: number): string {
  let text = '';
  for (let at = start; at < end; at++) text += HEX_OF[bytes[at] ?? 0];
  return text;
}

/** Of a 32-bit integer: eight digits. */
export function u32Hex(value: number): string {
  const [high, low] = [value >>> 16, value & 0xffff];
  return `${HEX_OF[high >> 8]}${HEX_OF[high & 0xff]}${HEX_OF[low >> 8]}${HEX_OF[low & 0xff]}`;
}

/** The inverse of `toHex`; for trusted text such as vectors and configuration that was validated before. */
export function fromHex(text: string): Uint8Array {
  const clean = HEX_ONLY.test(text) ? text : text.replace(/\s+/g, '');
  if (clean.length % 2 !== 0 || !HEX_ONLY.test(clean)) throw new RangeError('not hexadecimal');
  const out = new Uint8Array(clean.length / 2);
  for (let index = 0; index < out.length; index++)
    out[index] = (digitAt(clean, index * 2) << 4) | digitAt(clean, index * 2 + 1);
  return out;
}

const HEX_ONLY = /^[0-9a-fA-F]*$/;

/** Of a text that is hexadecimal: letters of both cases have the value of their lowest four bits, and nine. */
function digitAt(text: string, index: number): number {
  const code = text.charCodeAt(index);
  return code > 0x39 ? (code & 0x0f) + 9 : code & 0x0f;
}

const utf8Encoder = new TextEncoder();

export function utf8(text: string): Uint8Array {
  return utf8Encoder.encode(text);
}
