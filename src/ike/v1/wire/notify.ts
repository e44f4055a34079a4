import { ByteReader, ByteWriter } from '../../../base/bytes.ts';
import { WireError } from '../../../base/errors.ts';

/** Notification payload, RFC 2408 §3.14. */
export type NotifyPayload = {
  readonly type: 'N';
  readonly doi: number;
  readonly protocol: number;
  /** Both SPIs (cookies) of an IKE SA, the SPI of another, or nothing. */
  readonly spi: Uint8Array;
  readonly notify: number;
  readonly data: Uint8Array;
};

/**
 * Notify message types: RFC 2408 §3.14.1, RFC 2407 §4.6.3, RFC 3706 §5.2, and those of Cisco's Unity clients;
 * below 16384 they are errors.
 */
export const NOTIFY = {
  INVALID_PAYLOAD_TYPE: 1,
  DOI_NOT_SUPPORTED: 2,
  SITUATION_NOT_SUPPORTED: 3,
  INVALID_COOKIE: 4,
  INVALID_MAJOR_VERSION: 5,
  INVALID_MINOR_VERSION: 6,
  INVALID_EXCHANGE_TYPE: 7,
  INVALID_FLAGS: 8,
  INVALID_MESSAGE_ID: 9,
  INVALID_PROTOCOL_ID: 10,
  INVALID_SPI: 11,
  INVALID_TRANSFORM_ID: 12,
  ATTRIBUTES_NOT_SUPPORTED: 13,
  NO_PROPOSAL_CHOSEN: 14,
  BAD_PROPOSAL_SYNTAX: 15,
  PAYLOAD_MALFORMED: 16,
  INVALID_KEY_INFORMATION: 17,
  INVALID_ID_INFORMATION: 18,
  INVALID_CERT_ENCODING: 19,
  INVALID_CERTIFICATE: 20,
  CERT_TYPE_UNSUPPORTED: 21,
  INVALID_CERT_AUTHORITY: 22,
  INVALID_HASH_INFORMATION: 23,
  AUTHENTICATION_FAILED: 24,
  INVALID_SIGNATURE: 25,
  ADDRESS_NOTIFICATION: 26,
  NOTIFY_SA_LIFETIME: 27,
  CERTIFICATE_UNAVAILABLE: 28,
  UNSUPPORTED_EXCHANGE_TYPE: 29,
  UNEQUAL_PAYLOAD_LENGTHS: 30,
  CONNECTED: 16384,
  RESPONDER_LIFETIME: 24576,
  REPLAY_STATUS: 24577,
  INITIAL_CONTACT: 24578,
  R_U_THERE: 36136,
  R_U_THERE_ACK: 36137,
  UNITY_LOAD_BALANCE: 40501,
  UNITY_GROUP_HASH: 40503,
} as const;

/** Specification constant, RFC 2408 §3.14.1. */
const FIRST_STATUS_TYPE = 16384;

/** Both SPIs of an IKE SA, RFC 2408 §3.14: no protocol has a longer one. */
const MAX_SPI_BYTES = 16;

const NAMES: ReadonlyMap<number, string> = new Map(
  Object.entries(NOTIFY).map(([name, number]) => [number, name.replaceAll('_', '-')]),
);

/** @throws WireError also for an SPI that is longer than any protocol's. */
export function decodeNotify(body: Uint8Array): NotifyPayload {
  const reader = new ByteReader(body);
  const doi = reader.u32('N.doi');
  const protocol = reader.u8('N.protocol');
  const spiSize = reader.u8('N.spiSize');
  const notify = reader.u16('N.type');
  if (spiSize > MAX_SPI_BYTES) throw new WireError('value', 'N.spiSize');
  const spi = reader.bytes(spiSize, 'N.spi');
  return { type: 'N', doi, protocol, spi, notify, data: reader.rest() };
}

export function encodeNotify(payload: NotifyPayload): Uint8Array {
  return new ByteWriter()
    .u32(payload.doi)
    .u8(payload.protocol)
    .u8(payload.spi.length)
    .u16(payload.notify)
    .bytes(payload.spi)
    .bytes(payload.data)
    .finish();
}

/** `NO-PROPOSAL-CHOSEN`, as the RFCs spell it, or `notify 40000` for a number without a name. */
export function notifyName(notify: number): string {
  return NAMES.get(notify) ?? `notify ${notify}`;
}

export function isErrorNotify(notify: number): boolean {
  return notify < FIRST_STATUS_TYPE;
}
