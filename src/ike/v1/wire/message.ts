import { ByteWriter } from '../../../base/bytes.ts';
import { FLAG_V1, HEADER_BYTES, type IkeHeader, writeHeader } from '../../wire/header.ts';
import { GENERIC_HEADER_BYTES, type RawPayload, walkPayloadChain } from '../../wire/payload-chain.ts';
import {
  chainRules,
  decodePayloads,
  encodePayloads,
  PAYLOAD_TYPE,
  type PayloadChain,
  type PayloadV1,
} from './payload.ts';

/** What a sender chooses of the header; the rest is derived. `flags` are those of RFC 2408 §3.1. */
export type MessageHeaderV1 = {
  readonly initiatorSpi: string;
  readonly responderSpi: string;
  readonly exchangeType: number;
  readonly flags: number;
  readonly messageId: number;
};

/** RFC 2408 §3.6: a message may be padded to four octets as a whole. */
const MAX_CLEAR_PADDING = 3;

/**
 * The payloads of a message: `bytes` is what follows its header, decrypted where the header has the ENCRYPTION flag.
 * What stands behind the last payload is padding of any length and content there (RFC 2409 appendix B), and the
 * lengths of the payloads alone say where it starts; in the clear it is at most three bytes.
 *
 * A fragment (`nextPayload` is FRAG) comes in the clear whatever its flags: it must not be decrypted before.
 *
 * @throws WireError
 */
export function decodeMessage(header: Pick<IkeHeader, 'nextPayload' | 'flags'>, bytes: Uint8Array): PayloadV1[] {
  return decodePayloads(header.nextPayload, bytes, maxPadding(header, bytes));
}

/**
 * A whole message. `chain` is what `encodePayloads` yields, or that with its bytes padded and encrypted where the
 * flags say so.
 */
export function encodeMessage(header: MessageHeaderV1, chain: PayloadChain): Uint8Array {
  const length = HEADER_BYTES + chain.bytes.length;
  const writer = new ByteWriter(length);
  writeHeader(writer, {
    initiatorSpi: header.initiatorSpi,
    responderSpi: header.responderSpi,
    nextPayload: chain.firstType,
    majorVersion: 1,
    minorVersion: 0,
    exchangeType: header.exchangeType,
    flags: header.flags,
    messageId: header.messageId,
    length,
  });
  return writer.bytes(chain.bytes).finish();
}

/** A message in the clear. */
export function encodeClearMessage(header: MessageHeaderV1, payloads: readonly PayloadV1[]): Uint8Array {
  return encodeMessage(header, encodePayloads(payloads));
}

/** Zeros up to the next whole block, none where there is one already (RFC 2409 appendix B). */
export function padToBlock(bytes: Uint8Array, blockBytes: number): Uint8Array {
  const padded = new Uint8Array(Math.ceil(bytes.length / blockBytes) * blockBytes);
  padded.set(bytes);
  return padded;
}

/** The HASH payload of a message of phase 2, and what it covers beside the message ID and nonces. */
export type HashedPart = {
  readonly hash: Uint8Array;
  /** The octets of all other payloads as they came, without padding (RFC 2409 §5.5, §5.7). */
  readonly covered: Uint8Array;
  /** RFC 2409 §5.5 has HASH first; some devices put it last in the messages of DPD. */
  readonly last: boolean;
  /** All payloads, for `decodeChain` once the hash is verified. */
  readonly chain: readonly RawPayload[];
};

/**
 * Undefined where there is no HASH payload at either end.
 *
 * @throws WireError where the chain is malformed
 */
export function hashedPart(
  header: Pick<IkeHeader, 'nextPayload' | 'flags'>,
  bytes: Uint8Array,
): HashedPart | undefined {
  const chain = walkPayloadChain(header.nextPayload, bytes, chainRules(maxPadding(header, bytes)));
  const [first] = chain;
  const final = chain.at(-1);
  if (first === undefined || final === undefined) return undefined;
  const end = ({ offset, body }: RawPayload) => offset + GENERIC_HEADER_BYTES + body.length;
  if (first.type === PAYLOAD_TYPE.HASH)
    return { hash: first.body, covered: bytes.subarray(end(first), end(final)), last: false, chain };
  if (final.type !== PAYLOAD_TYPE.HASH) return undefined;
  return { hash: final.body, covered: bytes.subarray(0, final.offset), last: true, chain };
}

function maxPadding(header: Pick<IkeHeader, 'flags'>, bytes: Uint8Array): number {
  return (header.flags & FLAG_V1.ENCRYPTION) !== 0 ? bytes.length : MAX_CLEAR_PADDING;
}
