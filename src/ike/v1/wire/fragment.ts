import { ByteReader, ByteWriter } from '../../../base/bytes.ts';
import { WireError } from '../../../base/errors.ts';

/**
 * Fragment payload of Microsoft and Cisco, type 132: a piece of a whole IKE message, header and encryption included.
 * It is the only payload of its message and is itself never encrypted, whatever the flags of the header say.
 */
export type FragmentPayload = {
  readonly type: 'FRAG';
  /** The same in all fragments of one message. */
  readonly id: number;
  /** From 1. */
  readonly number: number;
  readonly last: boolean;
  readonly data: Uint8Array;
};

/** Fragment ID, number and flags, behind the generic header. */
export const FRAGMENT_HEADER_BYTES = 4;

const FLAG_LAST = 0x01;

/** @throws WireError where it is shorter than its header, holds nothing, or has the number 0. */
export function decodeFragment(body: Uint8Array): FragmentPayload {
  const reader = new ByteReader(body);
  const id = reader.u16('FRAG.id');
  const number = reader.u8('FRAG.number');
  const last = (reader.u8('FRAG.flags') & FLAG_LAST) !== 0;
  const data = reader.rest();
  if (number === 0) throw new WireError('value', 'FRAG.number');
  if (data.length === 0) throw new WireError('length', 'FRAG.data');
  return { type: 'FRAG', id, number, last, data };
}

export function encodeFragment(payload: FragmentPayload): Uint8Array {
  return new ByteWriter()
    .u16(payload.id)
    .u8(payload.number)
    .u8(payload.last ? FLAG_LAST : 0)
    .bytes(payload.data)
    .finish();
}
