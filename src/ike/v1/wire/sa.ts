import { ByteReader, ByteWriter } from '../../../base/bytes.ts';
import { WireError } from '../../../base/errors.ts';
import { decodeAttributes, encodeAttributes, type WireAttribute } from './attribute.ts';

/** Security Association payload, RFC 2408 §3.4, of the IPsec DOI; which proposal is good is not judged yet. */
export type SaPayload = {
  readonly type: 'SA';
  readonly proposals: readonly WireProposal[];
  /**
   * The whole body as received or sent: HASH_I and HASH_R cover the initiator's (SAi_b, RFC 2409 §5). It is what is
   * encoded; `saPayload` makes it for a payload of ours.
   */
  readonly body: Uint8Array;
};

/** RFC 2408 §3.5. Proposals of one number belong together: a protocol suite (§4.2). */
export type WireProposal = {
  readonly number: number;
  readonly protocol: number;
  /** Empty or meaningless for an IKE SA; 4 bytes for ESP and AH. */
  readonly spi: Uint8Array;
  readonly transforms: readonly WireTransform[];
};

/** RFC 2408 §3.6. Attributes stand in their order: a life duration belongs to the life type before it. */
export type WireTransform = {
  readonly number: number;
  readonly id: number;
  readonly attributes: readonly WireAttribute[];
};

/** Domain of interpretation, RFC 2407 §4.1. */
export const IPSEC_DOI = 1;

/** Protocol ids, RFC 2407 §4.4.1. */
export const PROTOCOL = { ISAKMP: 1, AH: 2, ESP: 3, IPCOMP: 4 } as const;

/** The only situation without labels, and the only one in use, RFC 2407 §4.2.1. */
const SIT_IDENTITY_ONLY = 1;

/** Our limits, far above what any known daemon offers. */
const MAX_PROPOSALS = 64;
const MAX_TRANSFORMS = 512;

/** Next Payload of a proposal and of a transform that is followed by another, RFC 2408 §3.5, §3.6. */
const MORE_PROPOSALS = 2;
const MORE_TRANSFORMS = 3;

/**
 * @throws WireError where a length, a count or a Next Payload contradicts another, above our limits, and for another
 * DOI or situation: what follows would have a form that we do not know (RFC 2407 §4.6.1).
 */
export function decodeSa(body: Uint8Array): SaPayload {
  const reader = new ByteReader(body);
  if (reader.u32('SA.doi') !== IPSEC_DOI) throw new WireError('value', 'SA.doi');
  if (reader.u32('SA.situation') !== SIT_IDENTITY_ONLY) throw new WireError('value', 'SA.situation');
  const proposals: WireProposal[] = [];
  let transforms = 0;
  let more = true;
  while (more) {
    const inner = readInnerPayload(reader, MORE_PROPOSALS, 'SA.proposal');
    const proposal = decodeProposal(inner.body);
    transforms += proposal.transforms.length;
    proposals.push(proposal);
    if (proposals.length > MAX_PROPOSALS || transforms > MAX_TRANSFORMS) throw new WireError('limit', 'SA.proposals');
    more = inner.more;
  }
  return { type: 'SA', proposals, body };
}

/** A payload of ours. */
export function saPayload(proposals: readonly WireProposal[]): SaPayload {
  const writer = new ByteWriter().u32(IPSEC_DOI).u32(SIT_IDENTITY_ONLY);
  for (const [index, proposal] of proposals.entries()) {
    const last = index === proposals.length - 1;
    writeInnerPayload(writer, last ? 0 : MORE_PROPOSALS, encodeProposal(proposal));
  }
  return { type: 'SA', proposals, body: writer.finish() };
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
    transforms.push(decodeTransform(readInnerPayload(reader, MORE_TRANSFORMS, 'SA.transform').body));
  }
  if (reader.remaining > 0) throw new WireError('length', 'SA.proposal');
  return { number, protocol, spi, transforms };
}

/** Proposals and transforms have the generic header of a payload, RFC 2408 §3.2, and at least four octets more. */
function readInnerPayload(reader: ByteReader, moreMark: number, field: string): { body: Uint8Array; more: boolean } {
  const mark = reader.u8(field);
  reader.u8(field);
  const length = reader.u16(field);
  if (length < 8) throw new WireError('length', field);
  const body = reader.bytes(length - 4, field);
  const more = mark === moreMark;
  if (!more && mark !== 0) throw new WireError('syntax', field);
  // What is called the last one ends its list; of transforms there must be as many as their count says as well.
  if (more !== reader.remaining > 0) throw new WireError('syntax', field);
  return { body, more };
}

function decodeTransform(bytes: Uint8Array): WireTransform {
  const reader = new ByteReader(bytes);
  const number = reader.u8('SA.transformNumber');
  const id = reader.u8('SA.transformId');
  reader.u16('SA.reserved');
  return { number, id, attributes: decodeAttributes(reader.rest(), 'SA') };
}

function encodeProposal(proposal: WireProposal): Uint8Array {
  const writer = new ByteWriter()
    .u8(proposal.number)
    .u8(proposal.protocol)
    .u8(proposal.spi.length)
    .u8(proposal.transforms.length)
    .bytes(proposal.spi);
  for (const [index, { number, id, attributes }] of proposal.transforms.entries()) {
    const last = index === proposal.transforms.length - 1;
    const body = new ByteWriter().u8(number).u8(id).u16(0).bytes(encodeAttributes(attributes)).finish();
    writeInnerPayload(writer, last ? 0 : MORE_TRANSFORMS, body);
  }
  return writer.finish();
}

function writeInnerPayload(writer: ByteWriter, mark: number, body: Uint8Array): void {
  writer
    .u8(mark)
    .u8(0)
    .u16(body.length + 4)
    .bytes(body);
}
