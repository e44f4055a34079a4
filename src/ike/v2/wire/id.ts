import { ByteReader, ByteWriter } from '../../../base/bytes.ts';
import { WireError } from '../../../base/errors.ts';

/** Identification payload, RFC 7296 §3.5. */
export type IdPayload = IdPayloadOf<'IDi'> | IdPayloadOf<'IDr'>;

export type IdPayloadOf<Type extends 'IDi' | 'IDr'> = {
  readonly type: Type;
  readonly idType: number;
  readonly data: Uint8Array;
  /**
   * The whole body as received or sent: AUTH covers these octets, RESERVED included (RFC 7296 §2.15). It is what is
   * encoded; `idBody` makes it for a payload of ours.
   */
  readonly body: Uint8Array;
};

/** ID types, RFC 7296 §3.5. */
export const ID_TYPE = { IPV4_ADDR: 1, FQDN: 2, RFC822_ADDR: 3, IPV6_ADDR: 5, KEY_ID: 11 } as const;

/** Our limit: no identity that anyone configures comes near it. */
const MAX_ID_BYTES = 2048;

const ADDRESS_BYTES: ReadonlyMap<number, number> = new Map([
  [ID_TYPE.IPV4_ADDR, 4],
  [ID_TYPE.IPV6_ADDR, 16],
]);

/** @throws WireError where the data is empty, too long, or no address although the type says so. */
export function decodeId<Type extends 'IDi' | 'IDr'>(type: Type, body: Uint8Array): IdPayloadOf<Type> {
  const reader = new ByteReader(body);
  const idType = reader.u8(`${type}.type`);
  reader.bytes(3, `${type}.reserved`);
  const data = reader.rest();
  if (data.length === 0) throw new WireError('length', `${type}.data`);
  if (data.length > MAX_ID_BYTES) throw new WireError('limit', `${type}.data`);
  if (data.length !== (ADDRESS_BYTES.get(idType) ?? data.length)) throw new WireError('length', `${type}.data`);
  return { type, idType, data, body };
}

export function encodeId(payload: IdPayload): Uint8Array {
  return payload.body;
}

/** The body of an Identification payload with RESERVED zero. */
export function idBody(idType: number, data: Uint8Array): Uint8Array {
  return new ByteWriter().u8(idType).zeros(3).bytes(data).finish();
}
