import { ByteReader, ByteWriter } from '../../base/bytes.ts';
import { invariant, WireError } from '../../base/errors.ts';

/** One payload before its body is looked at. */
export type RawPayload = {
  readonly type: number;
  /** What its Next Payload field says. */
  readonly nextType: number;
  readonly critical: boolean;
  /** Without the generic header; shares memory with the input. */
  readonly body: Uint8Array;
  /** Where its generic header starts within the chain. */
  readonly offset: number;
};

export type ChainRules = {
  /** Types that end the chain whatever their Next Payload says: it names what is inside them (RFC 7296 §3.14). */
  readonly last: ReadonlySet<number>;
  /** How many payloads of a type are read; types that are not listed have `maxOfOneType`. */
  readonly maxOfType: ReadonlyMap<number, number>;
  /** Bytes that may follow the last payload and mean nothing: the padding of IKEv1. None where absent. */
  readonly maxTrailing?: number;
};

export const GENERIC_HEADER_BYTES = 4;

/** Our limits: no message of any known daemon comes near them. */
const MAX_PAYLOADS = 100;
const MAX_OF_ONE_TYPE = 20;

/**
 * Splits a chain of payloads (RFC 7296 §3.2, RFC 2408 §3.2). Every step consumes at least the generic header, so
 * the walk is linear in the input; RESERVED bits are ignored.
 *
 * @throws WireError where a length does not fit, the chain and the bytes do not end together (but for
 * `maxTrailing`), or there are too many.
 */
export function walkPayloadChain(firstType: number, bytes: Uint8Array, rules: ChainRules): RawPayload[] {
  const reader = new ByteReader(bytes);
  const payloads: RawPayload[] = [];
  let type = firstType;
  while (type !== 0) {
    const payload = readPayload(type, reader);
    payloads.push(payload);
    if (payloads.length > MAX_PAYLOADS || countOf(payloads, type) > (rules.maxOfType.get(type) ?? MAX_OF_ONE_TYPE))
      throw new WireError('limit', 'payload.count');
    type = rules.last.has(type) ? 0 : payload.nextType;
  }
  if (reader.remaining > (rules.maxTrailing ?? 0)) throw new WireError('length', 'payload.chain');
  return payloads;
}

/** Of so few that looking at all of them costs less than keeping count. */
function countOf(payloads: readonly RawPayload[], type: number): number {
  let count = 0;
  for (const payload of payloads) if (payload.type === type) count++;
  return count;
}

function readPayload(type: number, reader: ByteReader): RawPayload {
  const offset = reader.offset;
  const nextType = reader.u8('payload.next');
  const critical = (reader.u8('payload.flags') & 0x80) !== 0;
  const length = reader.u16('payload.length');
  if (length < GENERIC_HEADER_BYTES) throw new WireError('length', 'payload.length');
  const body = reader.bytes(length - GENERIC_HEADER_BYTES, 'payload.body');
  return { type, nextType, critical, body, offset };
}

/** A payload to send. `nextType` is only for a type that ends the chain; elsewhere it is derived. */
export type ChainLink = {
  readonly type: number;
  readonly critical?: boolean;
  readonly body: Uint8Array;
  readonly nextType?: number | undefined;
};

/** The reverse of `walkPayloadChain`: derives lengths and Next Payload fields. */
export function encodePayloadChain(links: readonly ChainLink[]): { firstType: number; bytes: Uint8Array } {
  const writer = new ByteWriter(chainBytes(links));
  writePayloadChain(writer, links);
  return { firstType: links[0]?.type ?? 0, bytes: writer.finish() };
}

/** How long the chain will be. */
export function chainBytes(links: readonly ChainLink[]): number {
  let length = 0;
  for (const { body } of links) length += GENERIC_HEADER_BYTES + body.length;
  return length;
}

/** The chain after what else was written, such as the header that names the first payload. */
export function writePayloadChain(writer: ByteWriter, links: readonly ChainLink[]): void {
  for (let index = 0; index < links.length; index++) {
    const link = links[index];
    if (link === undefined) continue;
    const length = GENERIC_HEADER_BYTES + link.body.length;
    invariant(length <= 0xffff, 'a payload that we build fits its 16-bit length');
    writer
      .u8(links[index + 1]?.type ?? link.nextType ?? 0)
      .u8(link.critical === true ? 0x80 : 0)
      .u16(length)
      .bytes(link.body);
  }
}
