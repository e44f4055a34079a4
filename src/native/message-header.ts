import { addressOf } from './libc.ts';

/**
 * `struct msghdr` (56 bytes) with one buffer, written at `offset` of `header`: name pointer, name length, iovec
 * pointer, iovec count, control pointer, control length, flags. `vector` receives the `struct iovec` (16 bytes). The
 * structure holds pointers only: the caller keeps everything referenced for as long as the kernel may use it.
 */
export function writeMessageHeader(header: DataView, offset: number, parts: MessageParts): void {
  const vector = new DataView(parts.vector.buffer, parts.vector.byteOffset, IOVEC_BYTES);
  vector.setBigUint64(0, addressOf(parts.data), true);
  vector.setBigUint64(VECTOR_LENGTH, BigInt(parts.data.length), true);
  header.setBigUint64(offset, addressOf(parts.name), true);
  header.setUint32(offset + NAME_LENGTH, parts.name.length, true);
  header.setBigUint64(offset + VECTOR, addressOf(parts.vector), true);
  header.setBigUint64(offset + VECTOR_COUNT, 1n, true);
  header.setBigUint64(offset + CONTROL, addressOf(parts.control), true);
  header.setBigUint64(offset + CONTROL_LENGTH, BigInt(parts.control.length), true);
  header.setInt32(offset + FLAGS, 0, true);
}

/** A pointer, from an address as a number: two halves, as a bigint would be an allocation. */
export function writeAddress(view: DataView, offset: number, address: number): void {
  view.setUint32(offset, address >>> 0, true);
  view.setUint32(offset + 4, Math.floor(address / 2 ** 32), true);
}

/** What a message consists of; `vector` is filled in here, the others by the caller or the kernel. */
export type MessageParts = {
  readonly name: Uint8Array;
  readonly vector: Uint8Array;
  readonly data: Uint8Array;
  readonly control: Uint8Array;
};

export const MSGHDR_BYTES = 56;
/** `struct mmsghdr`: a msghdr, then the length of what was received, padded to 8. */
export const MMSGHDR_BYTES = 64;
export const IOVEC_BYTES = 16;
/** Of the length within a `struct iovec`, whose first is the pointer. */
export const VECTOR_LENGTH = 8;
/** Offsets within a msghdr, whose first is the pointer to the name. */
export const NAME_LENGTH = 8;
export const VECTOR = 16;
export const VECTOR_COUNT = 24;
export const CONTROL = 32;
export const CONTROL_LENGTH = 40;
export const FLAGS = 48;
export const RECEIVED_LENGTH = 56;
