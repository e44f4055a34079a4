import { ByteReader, concatBytes } from '../base/bytes.ts';

export const DER_SEQUENCE = 0x30;
export const DER_OCTET_STRING = 0x04;

/** One DER element around `content`. */
export function derElement(tag: number, ...content: readonly Uint8Array[]): Uint8Array {
  const value = concatBytes(...content);
  return concatBytes(Uint8Array.of(tag), derLength(value.length), value);
}

/** A non-negative INTEGER of big-endian bytes: shortest form, with a zero octet before a set top bit. */
export function derInteger(bytes: Uint8Array): Uint8Array {
  const first = bytes.findIndex((byte) => byte !== 0);
  const shortest = first < 0 ? Uint8Array.of(0) : bytes.subarray(first);
  return derElement(0x02, (shortest[0] ?? 0) >= 0x80 ? concatBytes(Uint8Array.of(0), shortest) : shortest);
}

/** The content of the next element. @throws WireError where the bytes end before it does. */
export function readDerElement(reader: ByteReader): Uint8Array {
  reader.u8('DER.tag');
  return reader.bytes(readDerLength(reader), 'DER.content');
}

/** The content of the BIT STRING of a SubjectPublicKeyInfo, RFC 5280 §4.1. */
export function subjectPublicKey(spki: Uint8Array): Uint8Array {
  const info = new ByteReader(readDerElement(new ByteReader(spki)));
  readDerElement(info);
  return readDerElement(info).subarray(1);
}

function derLength(length: number): Uint8Array {
  if (length < 0x80) return Uint8Array.of(length);
  if (length < 0x100) return Uint8Array.of(0x81, length);
  return Uint8Array.of(0x82, length >> 8, length & 0xff);
}

function readDerLength(reader: ByteReader): number {
  const first = reader.u8('DER.length');
  if (first < 0x80) return first;
  return first === 0x81 ? reader.u8('DER.length') : reader.u16('DER.length');
}
