import { WireError } from '../../../base/errors.ts';

/** Nonce payload, RFC 2408 §3.13. */
export type NoncePayload = { readonly type: 'Nonce'; readonly data: Uint8Array };

/** Specification constants, RFC 2409 §5: 8 to 256 octets. */
const MIN_NONCE_BYTES = 8;
const MAX_NONCE_BYTES = 256;

/** @throws WireError outside 8..256 bytes. */
export function decodeNonce(body: Uint8Array): NoncePayload {
  if (body.length < MIN_NONCE_BYTES || body.length > MAX_NONCE_BYTES) throw new WireError('length', 'Nonce.data');
  return { type: 'Nonce', data: body };
}
