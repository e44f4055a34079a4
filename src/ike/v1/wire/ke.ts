import { WireError } from '../../../base/errors.ts';
import { DIFFIE_HELLMAN } from '../../../crypto/algorithms.ts';

/** Key Exchange payload, RFC 2408 §3.7: the public value alone. Its group is that of the chosen transform. */
export type KePayload = { readonly type: 'KE'; readonly data: Uint8Array };

const PUBLIC_BYTES: ReadonlyMap<number, number> = new Map(DIFFIE_HELLMAN.map((row) => [row.group, row.publicBytes]));
const MAX_PUBLIC_BYTES = Math.max(...PUBLIC_BYTES.values());

/** @throws WireError where it is empty, or longer than the value of any group that we know. */
export function decodeKe(body: Uint8Array): KePayload {
  if (body.length === 0 || body.length > MAX_PUBLIC_BYTES) throw new WireError('length', 'KE.data');
  return { type: 'KE', data: body };
}

/**
 * Whether the value has the length of the group, leading zeros included (RFC 2409 §5): nothing shorter or longer can
 * be a public value. The data is not to be used before.
 */
export function keFitsGroup(payload: KePayload, group: number): boolean {
  return payload.data.length === PUBLIC_BYTES.get(group);
}
