import { ByteWriter, hexOf, readU32 } from '../../base/bytes.ts';
import { WireError } from '../../base/errors.ts';

/** The fixed header of RFC 7296 §3.1, which IKEv1 shares (RFC 2408 §3.1). SPIs are 16 lower-case hex digits. */
export type IkeHeader = {
  readonly initiatorSpi: string;
  readonly responderSpi: string;
  /** Type of the first payload; 0 where there is none. */
  readonly nextPayload: number;
  readonly majorVersion: number;
  readonly minorVersion: number;
  readonly exchangeType: number;
  readonly flags: number;
  readonly messageId: number;
  /** Of the whole message, header included, bytes. */
  readonly length: number;
};

export const HEADER_BYTES = 28;

/** An SPI that is not yet known: the responder's in the first message. */
export const ZERO_SPI = '0000000000000000';

/** Flags of RFC 7296 §3.1. INITIATOR means the original initiator of the IKE SA, whoever sends. */
export const FLAG_INITIATOR = 0x08;
export const FLAG_RESPONSE = 0x20;

/** Flags of IKEv1, RFC 2408 §3.1. COMMIT is not used here and ignored on receipt (RFC 2408 §3.1 makes it optional). */
export const FLAG_V1 = { ENCRYPTION: 0x01, COMMIT: 0x02, AUTHENTICATION_ONLY: 0x04 } as const;

/** Exchange types, IANA "IKEv2 Exchange Types". */
export const EXCHANGE = {
  IKE_SA_INIT: 34,
  IKE_AUTH: 35,
  CREATE_CHILD_SA: 36,
  INFORMATIONAL: 37,
  IKE_SESSION_RESUME: 38,
  IKE_INTERMEDIATE: 43,
  IKE_FOLLOWUP_KE: 44,
} as const;

/** Exchange types of IKEv1, RFC 2408 §3.1 and RFC 2409 appendix A; TRANSACTION carries Mode Config and XAUTH. */
export const EXCHANGE_V1 = {
  MAIN_MODE: 2,
  AGGRESSIVE_MODE: 4,
  INFORMATIONAL: 5,
  TRANSACTION: 6,
  QUICK_MODE: 32,
  NEW_GROUP_MODE: 33,
} as const;

/**
 * @throws WireError where the datagram is no IKE message: shorter than a header, a Length that is not the
 * datagram's (a longer datagram is refused as well), or an initiator SPI of zero (RFC 7296 §3.1). Versions, flags
 * and exchange types are the caller's to judge.
 */
export function decodeHeader(bytes: Uint8Array): IkeHeader {
  if (bytes.length < HEADER_BYTES) throw new WireError('truncated', 'header');
  const [nextPayload = 0, version = 0, exchangeType = 0, flags = 0] = [bytes[16], bytes[17], bytes[18], bytes[19]];
  const header = {
    initiatorSpi: hexOf(bytes, 0, 8),
    responderSpi: hexOf(bytes, 8, 16),
    nextPayload,
    majorVersion: version >> 4,
    minorVersion: version & 0x0f,
    exchangeType,
    flags,
    messageId: readU32(bytes, 20),
    length: readU32(bytes, 24),
  };
  if (header.length !== bytes.length) throw new WireError('length', 'header.length');
  if (header.initiatorSpi === ZERO_SPI) throw new WireError('value', 'header.initiatorSpi');
  return header;
}

/** The 28 bytes of the header. */
export function encodeHeader(header: IkeHeader): Uint8Array {
  const writer = new ByteWriter(HEADER_BYTES);
  writeHeader(writer, header);
  return writer.finish();
}

/** The same before what else is written. */
export function writeHeader(writer: ByteWriter, header: IkeHeader): void {
  writer
    .hex(header.initiatorSpi)
    .hex(header.responderSpi)
    .u8(header.nextPayload)
    .u8((header.majorVersion << 4) | header.minorVersion)
    .u8(header.exchangeType)
    .u8(header.flags)
    .u32(header.messageId)
    .u32(header.length);
}

const EXCHANGE_NAMES: ReadonlyMap<number, string> = new Map(
  [...Object.entries(EXCHANGE_V1), ...Object.entries(EXCHANGE)].map(([name, number]) => [number, name]),
);

/** `IKE_AUTH`, `QUICK_MODE` (the numbers of both versions are apart), or `exchange 99` for a number without a name. */
export function exchangeName(exchangeType: number): string {
  return EXCHANGE_NAMES.get(exchangeType) ?? `exchange ${exchangeType}`;
}
