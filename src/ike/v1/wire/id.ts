import { ByteReader, ByteWriter } from '../../../base/bytes.ts';
import { WireError } from '../../../base/errors.ts';

/** Identification payload, RFC 2407 §4.6.2: IDii, IDir of phase 1, IDci, IDcr of Quick Mode. */
export type IdPayload = {
  readonly type: 'ID';
  readonly idType: number;
  /** IP protocol; 0 is any. */
  readonly protocol: number;
  /** 0 is any. */
  readonly port: number;
  readonly data: Uint8Array;
  /**
   * The whole body as received or sent: the HASH payloads cover it (RFC 2409 §5). It is what is encoded; `idPayload`
   * makes it for a payload of ours.
   */
  readonly body: Uint8Array;
};

/** ID types, RFC 2407 §4.6.2.1. */
export const ID_TYPE = {
  IPV4_ADDR: 1,
  FQDN: 2,
  USER_FQDN: 3,
  IPV4_ADDR_SUBNET: 4,
  IPV6_ADDR: 5,
  IPV6_ADDR_SUBNET: 6,
  IPV4_ADDR_RANGE: 7,
  IPV6_ADDR_RANGE: 8,
  DER_ASN1_DN: 9,
  DER_ASN1_GN: 10,
  KEY_ID: 11,
} as const;

/** Our limit: no identity that anyone configures comes near it. */
const MAX_ID_BYTES = 2048;

/** Bytes of the data, where the type fixes them: an address, or two of them. */
const DATA_BYTES: ReadonlyMap<number, number> = new Map([
  [ID_TYPE.IPV4_ADDR, 4],
  [ID_TYPE.IPV4_ADDR_SUBNET, 8],
  [ID_TYPE.IPV6_ADDR, 16],
  [ID_TYPE.IPV6_ADDR_SUBNET, 32],
  [ID_TYPE.IPV4_ADDR_RANGE, 8],
  [ID_TYPE.IPV6_ADDR_RANGE, 32],
]);

/** @throws WireError where the data is empty, too long, or not as long as the type says. */
export function decodeId(body: Uint8Array): IdPayload {
  const reader = new ByteReader(body);
  const idType = reader.u8('ID.type');
  const protocol = reader.u8('ID.protocol');
  const port = reader.u16('ID.port');
  const data = reader.rest();
  if (data.length === 0) throw new WireError('length', 'ID.data');
  if (data.length > MAX_ID_BYTES) throw new WireError('limit', 'ID.data');
  if (data.length !== (DATA_BYTES.get(idType) ?? data.length)) throw new WireError('length', 'ID.data');
  return { type: 'ID', idType, protocol, port, data, body };
}

/** A payload of ours. */
export function idPayload(fields: Pick<IdPayload, 'idType' | 'protocol' | 'port' | 'data'>): IdPayload {
  const { idType, protocol, port, data } = fields;
  const body = new ByteWriter().u8(idType).u8(protocol).u16(port).bytes(data).finish();
  return { type: 'ID', idType, protocol, port, data, body };
}
