import { ByteReader, ByteWriter } from '../../../base/bytes.ts';
import { WireError } from '../../../base/errors.ts';

/** Notify payload, RFC 7296 §3.10. */
export type NotifyPayload = {
  readonly type: 'N';
  readonly protocol: number;
  readonly spi: Uint8Array;
  readonly notify: number;
  readonly data: Uint8Array;
};

/** Notify message types, RFC 7296 §3.10.1 and IANA "IKEv2 Notify Message Types"; below 16384 they are errors. */
export const NOTIFY = {
  UNSUPPORTED_CRITICAL_PAYLOAD: 1,
  INVALID_IKE_SPI: 4,
  INVALID_MAJOR_VERSION: 5,
  INVALID_SYNTAX: 7,
  INVALID_MESSAGE_ID: 9,
  INVALID_SPI: 11,
  NO_PROPOSAL_CHOSEN: 14,
  INVALID_KE_PAYLOAD: 17,
  AUTHENTICATION_FAILED: 24,
  SINGLE_PAIR_REQUIRED: 34,
  NO_ADDITIONAL_SAS: 35,
  INTERNAL_ADDRESS_FAILURE: 36,
  FAILED_CP_REQUIRED: 37,
  TS_UNACCEPTABLE: 38,
  INVALID_SELECTORS: 39,
  UNACCEPTABLE_ADDRESSES: 40,
  UNEXPECTED_NAT_DETECTED: 41,
  USE_ASSIGNED_HOA: 42,
  TEMPORARY_FAILURE: 43,
  CHILD_SA_NOT_FOUND: 44,
  INVALID_GROUP_ID: 45,
  AUTHORIZATION_FAILED: 46,
  STATE_NOT_FOUND: 47,
  INITIAL_CONTACT: 16384,
  SET_WINDOW_SIZE: 16385,
  ADDITIONAL_TS_POSSIBLE: 16386,
  IPCOMP_SUPPORTED: 16387,
  NAT_DETECTION_SOURCE_IP: 16388,
  NAT_DETECTION_DESTINATION_IP: 16389,
  COOKIE: 16390,
  USE_TRANSPORT_MODE: 16391,
  HTTP_CERT_LOOKUP_SUPPORTED: 16392,
  REKEY_SA: 16393,
  ESP_TFC_PADDING_NOT_SUPPORTED: 16394,
  NON_FIRST_FRAGMENTS_ALSO: 16395,
  MOBIKE_SUPPORTED: 16396,
  ADDITIONAL_IP4_ADDRESS: 16397,
  ADDITIONAL_IP6_ADDRESS: 16398,
  NO_ADDITIONAL_ADDRESSES: 16399,
  UPDATE_SA_ADDRESSES: 16400,
  COOKIE2: 16401,
  NO_NATS_ALLOWED: 16402,
  AUTH_LIFETIME: 16403,
  MULTIPLE_AUTH_SUPPORTED: 16404,
  ANOTHER_AUTH_FOLLOWS: 16405,
  REDIRECT_SUPPORTED: 16406,
  REDIRECT: 16407,
  REDIRECTED_FROM: 16408,
  TICKET_LT_OPAQUE: 16409,
  TICKET_REQUEST: 16410,
  TICKET_ACK: 16411,
  TICKET_NACK: 16412,
  TICKET_OPAQUE: 16413,
  LINK_ID: 16414,
  USE_WESP_MODE: 16415,
  ROHC_SUPPORTED: 16416,
  EAP_ONLY_AUTHENTICATION: 16417,
  CHILDLESS_IKEV2_SUPPORTED: 16418,
  QUICK_CRASH_DETECTION: 16419,
  IKEV2_MESSAGE_ID_SYNC_SUPPORTED: 16420,
  IPSEC_REPLAY_COUNTER_SYNC_SUPPORTED: 16421,
  IKEV2_MESSAGE_ID_SYNC: 16422,
  IPSEC_REPLAY_COUNTER_SYNC: 16423,
  SECURE_PASSWORD_METHODS: 16424,
  PSK_PERSIST: 16425,
  PSK_CONFIRM: 16426,
  ERX_SUPPORTED: 16427,
  IFOM_CAPABILITY: 16428,
  SENDER_REQUEST_ID: 16429,
  FRAGMENTATION_SUPPORTED: 16430,
  SIGNATURE_HASH_ALGORITHMS: 16431,
  CLONE_IKE_SA_SUPPORTED: 16432,
  CLONE_IKE_SA: 16433,
  PUZZLE: 16434,
  USE_PPK: 16435,
  PPK_IDENTITY: 16436,
  NO_PPK_AUTH: 16437,
  INTERMEDIATE_EXCHANGE_SUPPORTED: 16438,
  IP4_ALLOWED: 16439,
  IP6_ALLOWED: 16440,
  ADDITIONAL_KEY_EXCHANGE: 16441,
  USE_AGGFRAG: 16442,
  SUPPORTED_AUTH_METHODS: 16443,
  SA_RESOURCE_INFO: 16444,
} as const;

export type NotifyName = keyof typeof NOTIFY;

/** Specification constant, RFC 7296 §3.10.1. */
const FIRST_STATUS_TYPE = 16384;

/** No SPI, an ESP or AH SPI, an IKE SPI: no protocol has another (RFC 7296 §3.3.1, §3.10). */
const SPI_SIZES: ReadonlySet<number> = new Set([0, 4, 8]);

const NAMES: ReadonlyMap<number, string> = new Map(Object.entries(NOTIFY).map(([name, number]) => [number, name]));

/** @throws WireError also for an SPI of a size that no protocol has. */
export function decodeNotify(body: Uint8Array): NotifyPayload {
  const reader = new ByteReader(body);
  const protocol = reader.u8('N.protocol');
  const spiSize = reader.u8('N.spiSize');
  const notify = reader.u16('N.type');
  if (!SPI_SIZES.has(spiSize)) throw new WireError('value', 'N.spiSize');
  const spi = reader.bytes(spiSize, 'N.spi');
  return { type: 'N', protocol, spi, notify, data: reader.rest() };
}

export function encodeNotify(payload: NotifyPayload): Uint8Array {
  return new ByteWriter()
    .u8(payload.protocol)
    .u8(payload.spi.length)
    .u16(payload.notify)
    .bytes(payload.spi)
    .bytes(payload.data)
    .finish();
}

/** A Notify payload about no SA in particular: protocol 0, no SPI. */
export function notifyPayload(name: NotifyName, data: Uint8Array = new Uint8Array(0)): NotifyPayload {
  return { type: 'N', protocol: 0, spi: new Uint8Array(0), notify: NOTIFY[name], data };
}

/** `TS_UNACCEPTABLE`, or `notify 40000` for a number without a name. */
export function notifyName(notify: number): string {
  return NAMES.get(notify) ?? `notify ${notify}`;
}

/** Whether it reports an error; an unknown one in a response means that the request has failed. */
export function isErrorNotify(notify: number): boolean {
  return notify < FIRST_STATUS_TYPE;
}
