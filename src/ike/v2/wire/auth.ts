import { ByteReader, ByteWriter } from '../../../base/bytes.ts';

/** Authentication payload, RFC 7296 §3.8. */
export type AuthPayload = { readonly type: 'AUTH'; readonly method: number; readonly data: Uint8Array };

/** Authentication methods, RFC 7296 §3.8 and RFC 7427 §3. */
export const AUTH_METHOD = { RSA: 1, SHARED_KEY_MIC: 2, DSS: 3, DIGITAL_SIGNATURE: 14 } as const;

export function decodeAuth(body: Uint8Array): AuthPayload {
  const reader = new ByteReader(body);
  const method = reader.u8('AUTH.method');
  reader.bytes(3, 'AUTH.reserved');
  return { type: 'AUTH', method, data: reader.rest() };
}

export function encodeAuth(payload: AuthPayload): Uint8Array {
  return new ByteWriter().u8(payload.method).zeros(3).bytes(payload.data).finish();
}
