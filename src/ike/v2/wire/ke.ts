import { ByteReader, ByteWriter } from '../../../base/bytes.ts';
import { WireError } from '../../../base/errors.ts';
import { KEY_EXCHANGE } from '../../../crypto/algorithms.ts';

/** Key Exchange payload, RFC 7296 §3.4. */
export type KePayload = { readonly type: 'KE'; readonly method: number; readonly data: Uint8Array };

const PUBLIC_BYTES: ReadonlyMap<number, number> = new Map(KEY_EXCHANGE.map((row) => [row.group, row.publicBytes]));

/**
 * @throws WireError also where the data of a method that we know has another length than the method's: leading
 * zeros are part of it (RFC 7296 §3.4), and nothing shorter or longer can be a public value (RFC 6989 §2.5).
 */
export function decodeKe(body: Uint8Array): KePayload {
  const reader = new ByteReader(body);
  const method = reader.u16('KE.method');
  reader.u16('KE.reserved');
  const data = reader.rest();
  const expected = PUBLIC_BYTES.get(method);
  if (expected !== undefined && data.length !== expected) throw new WireError('length', 'KE.data');
  return { type: 'KE', method, data };
}

export function encodeKe(payload: KePayload): Uint8Array {
  return new ByteWriter().u16(payload.method).u16(0).bytes(payload.data).finish();
}
