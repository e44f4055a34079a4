import { ByteReader, ByteWriter } from '../../../base/bytes.ts';
import { WireError } from '../../../base/errors.ts';
import type { Writable } from '../../../base/writable.ts';

/** Security Association payload, RFC 7296 §3.3, as it stands on the wire: nothing is judged yet. */
export type SaPayload = { readonly type: 'SA'; readonly proposals: readonly WireProposal[] };

export type WireProposal = {
  readonly number: number;
  readonly protocol: number;
  readonly spi: Uint8Array;
  readonly transforms: readonly WireTransform[];
};

export type WireTransform = {
  readonly type: number;
  readonly id: number;
  /** Bits. */
  readonly keyLength?: number;
  /** Carries an attribute that we do not know, or Key Length twice or in a form that it does not have. */
  readonly unknownAttribute?: boolean;
};

/** Protocol ids, RFC 7296 §3.3.1. */
export const PROTOCOL = { NONE: 0, IKE: 1, AH: 2, ESP: 3 } as const;

/** Transform types, RFC 7296 §3.3.2; the additional key exchanges 1 to 7 of RFC 9370 §2.2.1 count on from ADDKE1. */
export const TRANSFORM = { ENCR: 1, PRF: 2, INTEG: 3, KE: 4, ESN: 5, ADDKE1: 6 } as const;

/** The only transform attribute there is (RFC 7296 §3.3.5), always in the short form. */
const KEY_LENGTH = 14;
const SHORT_FORM = 0x8000;

/** Our limits, far above what any known daemon offers. */
const MAX_PROPOSALS = 64;
const MAX_TRANSFORMS = 1024;

/** "Last Substruc" of a proposal and of a transform that is followed by another, RFC 7296 §3.3.1, §3.3.2. */
const MORE_PROPOSALS = 2;
const MORE_TRANSFORMS = 3;

/** @throws WireError where a length, a count or a "last" octet contradicts another, or above our limits. */
export function decodeSa(body: Uint8Array): SaPayload {
  const reader = new ByteReader(body);
  const proposals: WireProposal[] = [];
  let transforms = 0;
  let more = true;
  while (more) {
    const substructure = readSubstructure(reader, MORE_PROPOSALS, 'SA.proposal');
    const proposal = decodeProposal(substructure.body);
    transforms += proposal.transforms.length;
    proposals.push(proposal);
    if (proposals.length > MAX_PROPOSALS || transforms > MAX_TRANSFORMS) throw new WireError('limit', 'SA.proposals');
    more = substructure.more;
  }
  return { type: 'SA', proposals };
}

export function encodeSa(payload: SaPayload): Uint8Array {
  const writer = new ByteWriter();
  for (const [index, proposal] of payload.proposals.entries()) {
    const last = index === payload.proposals.length - 1;
    writeSubstructure(writer, last ? 0 : MORE_PROPOSALS, encodeProposal(proposal));
  }
  return writer.finish();
}

function decodeProposal(bytes: Uint8Array): WireProposal {
  const reader = new ByteReader(bytes);
  const number = reader.u8('SA.number');
  const protocol = reader.u8('SA.protocol');
  const spiSize = reader.u8('SA.spiSize');
  const count = reader.u8('SA.transformCount');
  const spi = reader.bytes(spiSize, 'SA.spi');
  const transforms: WireTransform[] = [];
  for (let index = 0; index < count; index++) {
    const { body, more } = readSubstructure(reader, MORE_TRANSFORMS, 'SA.transform');
    if (more !== index < count - 1) throw new WireError('syntax', 'SA.transform');
    transforms.push(decodeTransform(body));
  }
  if (reader.remaining > 0) throw new WireError('length', 'SA.proposal');
  return { number, protocol, spi, transforms };
}

/** The common frame of proposals and transforms: last octet, RESERVED, length of the whole. */
function readSubstructure(reader: ByteReader, moreMark: number, field: string): { body: Uint8Array; more: boolean } {
  const mark = reader.u8(field);
  reader.u8(field);
  const length = reader.u16(field);
  if (length < 8) throw new WireError('length', field);
  const body = reader.bytes(length - 4, field);
  const more = mark === moreMark;
  if (!more && mark !== 0) throw new WireError('syntax', field);
  // What is called the last one ends its list; for transforms the count is checked as well.
  if (more !== reader.remaining > 0) throw new WireError('syntax', field);
  return { body, more };
}

function decodeTransform(bytes: Uint8Array): WireTransform {
  const reader = new ByteReader(bytes);
  const type = reader.u8('SA.transformType');
  reader.u8('SA.reserved');
  const id = reader.u16('SA.transformId');
  let keyLength: number | undefined;
  let unknownAttribute = false;
  while (reader.remaining > 0) {
    const attribute = reader.u16('SA.attributeType');
    const value = reader.u16('SA.attributeValue');
    if ((attribute & SHORT_FORM) === 0) reader.bytes(value, 'SA.attributeData');
    if (attribute === (KEY_LENGTH | SHORT_FORM) && keyLength === undefined) keyLength = value;
    else unknownAttribute = true;
  }
  const transform: Writable<WireTransform> = { type, id };
  if (keyLength !== undefined) transform.keyLength = keyLength;
  if (unknownAttribute) transform.unknownAttribute = true;
  return transform;
}

function encodeProposal(proposal: WireProposal): Uint8Array {
  const writer = new ByteWriter()
    .u8(proposal.number)
    .u8(proposal.protocol)
    .u8(proposal.spi.length)
    .u8(proposal.transforms.length)
    .bytes(proposal.spi);
  for (const [index, transform] of proposal.transforms.entries()) {
    const last = index === proposal.transforms.length - 1;
    writeSubstructure(writer, last ? 0 : MORE_TRANSFORMS, encodeTransform(transform));
  }
  return writer.finish();
}

function encodeTransform(transform: WireTransform): Uint8Array {
  const writer = new ByteWriter().u8(transform.type).u8(0).u16(transform.id);
  if (transform.keyLength !== undefined) writer.u16(KEY_LENGTH | SHORT_FORM).u16(transform.keyLength);
  return writer.finish();
}

function writeSubstructure(writer: ByteWriter, mark: number, body: Uint8Array): void {
  writer
    .u8(mark)
    .u8(0)
    .u16(body.length + 4)
    .bytes(body);
}
