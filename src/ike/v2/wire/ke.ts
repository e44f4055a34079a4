import { ByteReader, ByteWriter } from '../../../base/bytes.ts';
import { WireError } from '../../../base/errors.ts';
import { KEY_EXCHANGE, type KeyExchangeMethod } from '../../../crypto/algorithms.ts';

/** Key Exchange payload, RFC 7296 §3.4. */
export type KePayload = { readonly type: 'KE'; readonly method: number; readonly data: Uint8Array };

const METHODS: readonly KeyExchangeMethod[] = KEY_EXCHANGE;

/** A KEM has two: that of the key, from the initiator, and that of the ciphertext, from the responder. */
const DATA_BYTES: ReadonlyMap<number, readonly number[]> = new Map(
  METHODS.map((row) => [row.group, [row.publicBytes, row.ciphertextBytes ?? row.publicBytes]]),
);

/**
 * @throws WireError also where the data of a method that we know has another length than the method's: leading
 * zeros are part of it (RFC 7296 §3.4), and nothing shorter or longer can be a public value (RFC 6989 §2.5).
 */
export function decodeKe(body: Uint8Array): KePayload {
  const reader = new ByteReader(body);
  const method = reader.u16('KE.method');
  reader.u16('KE.reserved');
  const data = reader.rest();
  const expected = DATA_BYTES.get(method);
  if (expected !== undefined && !expected.includes(data.length)) throw new WireError('length', 'KE.data');
  return { type: 'KE', method, data };
}

export function encodeKe(payload: KePayload): Uint8Array {
  return new ByteWriter().u16(payload.method).u16(0).bytes(payload.data).finish();
}
