import { WireError } from '../../../base/errors.ts';

/** Nonce payload, RFC 7296 §3.9. */
export type NoncePayload = { readonly type: 'Nonce'; readonly data: Uint8Array };

/** Specification constants, RFC 7296 §3.9: 16 to 256 octets. */
const MIN_NONCE_BYTES = 16;
const MAX_NONCE_BYTES = 256;

/** @throws WireError outside 16..256 bytes. */
export function decodeNonce(body: Uint8Array): NoncePayload {
  if (body.length < MIN_NONCE_BYTES || body.length > MAX_NONCE_BYTES) throw new WireError('length', 'Nonce.data');
  return { type: 'Nonce', data: body };
}

export function encodeNonce(payload: NoncePayload): Uint8Array {
  return payload.data;
}
