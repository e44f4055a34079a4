import { ByteReader, ByteWriter } from '../../../base/bytes.ts';

/** Encrypted payload, RFC 7296 §3.14, closed: initialization vector, ciphertext, ICV. */
export type SkPayload = {
  readonly type: 'SK';
  /** Type of the first payload inside. */
  readonly innerType: number;
  readonly body: Uint8Array;
};

/** Encrypted Fragment payload, RFC 7383 §2.5. */
export type SkfPayload = {
  readonly type: 'SKF';
  /** Type of the first payload of the whole message; 0 but in the first fragment. */
  readonly innerType: number;
  /** 1..total. */
  readonly number: number;
  readonly total: number;
  /** Initialization vector, ciphertext, ICV. */
  readonly body: Uint8Array;
};

/** Fragment Number and Total Fragments, RFC 7383 §2.5. */
export const FRAGMENT_HEADER_BYTES = 4;

/** The numbers are taken as they come: their rules (RFC 7383 §2.6) belong to reassembly. */
export function decodeSkf(body: Uint8Array, innerType: number): SkfPayload {
  const reader = new ByteReader(body);
  const number = reader.u16('SKF.number');
  const total = reader.u16('SKF.total');
  return { type: 'SKF', innerType, number, total, body: reader.rest() };
}

export function encodeSkf(payload: SkfPayload): Uint8Array {
  return new ByteWriter().u16(payload.number).u16(payload.total).bytes(payload.body).finish();
}
