import { WireError } from '../../../base/errors.ts';

/** Hash payload, RFC 2408 §3.11: HASH_I, HASH_R or HASH(n) of RFC 2409 §5. */
export type HashPayload = { readonly type: 'HASH'; readonly data: Uint8Array };

/** Our limit: SHA-512 yields the longest of all. */
const MAX_HASH_BYTES = 64;

/** @throws WireError where it is empty or longer than any hash. */
export function decodeHash(body: Uint8Array): HashPayload {
  if (body.length === 0 || body.length > MAX_HASH_BYTES) throw new WireError('length', 'HASH.data');
  return { type: 'HASH', data: body };
}
