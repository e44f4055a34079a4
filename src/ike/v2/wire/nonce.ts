import { WireError } from '../../../base/errors.ts';

/** Nonce payload, RFC 7296 §3.9. */
export type NoncePayload = { readonly type: 'Nonce'; readonly data: Uint8Array };

/** Specification constants, RFC 7296 §3.9: 16 to 256 octets. */
const MIN_NONCE_BYTES = 16;
const MAX_NONCE_BYTES = 256;

/**
 * That a nonce has half the size of the prf's key as well is the sender's duty (§2.10), which ours always has. Of a peer
 * that neglects it nothing is weaker than these 128 bits, and to refuse it would only keep its tunnel down.
 * @throws WireError outside 16..256 bytes.
 */
export function decodeNonce(body: Uint8Array): NoncePayload {
  if (body.length < MIN_NONCE_BYTES || body.length > MAX_NONCE_BYTES) throw new WireError('length', 'Nonce.data');
  return { type: 'Nonce', data: body };
}

export function encodeNonce(payload: NoncePayload): Uint8Array {
  return payload.data;
}
