import {
  type ChainLink,
  type ChainRules,
  encodePayloadChain,
  type RawPayload,
  walkPayloadChain,
} from '../../wire/payload-chain.ts';
import { type AuthPayload, decodeAuth, encodeAuth } from './auth.ts';
import { type DeletePayload, decodeDelete, encodeDelete } from './delete.ts';
import { decodeSkf, encodeSkf, type SkfPayload, type SkPayload } from './encrypted.ts';
import { decodeId, encodeId, type IdPayload } from './id.ts';
import { decodeKe, encodeKe, type KePayload } from './ke.ts';
import { decodeNonce, encodeNonce, type NoncePayload } from './nonce.ts';
import { decodeNotify, encodeNotify, type NotifyPayload } from './notify.ts';
import { decodeSa, encodeSa, type SaPayload } from './sa.ts';
import { decodeTs, encodeTs, type TsPayload } from './ts.ts';

/** Everything that an IKEv2 message can carry, RFC 7296 §3.2, as plain data. */
export type Payload =
  | SaPayload
  | KePayload
  | IdPayload
  | AuthPayload
  | NoncePayload
  | NotifyPayload
  | DeletePayload
  | { readonly type: 'V'; readonly data: Uint8Array }
  | TsPayload
  | OpaquePayload
  | SkPayload
  | SkfPayload
  /** RFC 7296 §2.5: skipped, or refused where the critical bit is set. */
  | { readonly type: 'unknown'; readonly payloadType: number; readonly critical: boolean; readonly body: Uint8Array };

/** Known kinds whose content nothing looks at. */
export type OpaquePayload =
  | { readonly type: 'CERT'; readonly body: Uint8Array }
  | { readonly type: 'CERTREQ'; readonly body: Uint8Array }
  | { readonly type: 'CP'; readonly body: Uint8Array }
  | { readonly type: 'EAP'; readonly body: Uint8Array };

export type PayloadType = Exclude<Payload['type'], 'unknown'>;

/** Payload type numbers, RFC 7296 §3.2 and RFC 7383 §2.5. */
export const PAYLOAD_TYPE: { readonly [Type in PayloadType]: number } = {
  SA: 33,
  KE: 34,
  IDi: 35,
  IDr: 36,
  CERT: 37,
  CERTREQ: 38,
  AUTH: 39,
  Nonce: 40,
  N: 41,
  D: 42,
  V: 43,
  TSi: 44,
  TSr: 45,
  SK: 46,
  CP: 47,
  EAP: 48,
  SKF: 53,
};

/** Decodes a whole chain. @throws WireError where any of it is malformed: there is no half-read message. */
export function decodePayloads(firstType: number, bytes: Uint8Array): Payload[] {
  return walkPayloadChain(firstType, bytes, CHAIN_RULES).map(decodePayload);
}

export function encodePayloads(payloads: readonly Payload[]): { firstType: number; bytes: Uint8Array } {
  return encodePayloadChain(payloads.map(encodePayload));
}

export const CHAIN_RULES: ChainRules = {
  last: new Set([PAYLOAD_TYPE.SK, PAYLOAD_TYPE.SKF]),
  maxOfType: new Map([[PAYLOAD_TYPE.CERT, 8]]),
};

const TYPE_OF_NUMBER: ReadonlyMap<number, PayloadType> = new Map(
  Object.entries(PAYLOAD_TYPE).map(([type, number]) => [number, type as PayloadType]),
);

const DECODERS: { readonly [Type in PayloadType]: (raw: RawPayload) => Payload } = {
  SA: ({ body }) => decodeSa(body),
  KE: ({ body }) => decodeKe(body),
  IDi: ({ body }) => decodeId('IDi', body),
  IDr: ({ body }) => decodeId('IDr', body),
  CERT: ({ body }) => ({ type: 'CERT', body }),
  CERTREQ: ({ body }) => ({ type: 'CERTREQ', body }),
  AUTH: ({ body }) => decodeAuth(body),
  Nonce: ({ body }) => decodeNonce(body),
  N: ({ body }) => decodeNotify(body),
  D: ({ body }) => decodeDelete(body),
  V: ({ body }) => ({ type: 'V', data: body }),
  TSi: ({ body }) => decodeTs('TSi', body),
  TSr: ({ body }) => decodeTs('TSr', body),
  SK: ({ body, nextType }) => ({ type: 'SK', innerType: nextType, body }),
  CP: ({ body }) => ({ type: 'CP', body }),
  EAP: ({ body }) => ({ type: 'EAP', body }),
  SKF: ({ body, nextType }) => decodeSkf(body, nextType),
};

function decodePayload(raw: RawPayload): Payload {
  const type = TYPE_OF_NUMBER.get(raw.type);
  // RFC 7296 §2.5: the critical bit matters only on a type that is not understood.
  if (type === undefined) return { type: 'unknown', payloadType: raw.type, critical: raw.critical, body: raw.body };
  return DECODERS[type](raw);
}

/** One of them, for a chain. */
export function encodePayload(payload: Payload): ChainLink {
  if (payload.type === 'unknown')
    return { type: payload.payloadType, critical: payload.critical, body: payload.body, nextType: undefined };
  const nextType = payload.type === 'SK' || payload.type === 'SKF' ? payload.innerType : undefined;
  return { type: PAYLOAD_TYPE[payload.type], critical: false, body: encodeBody(payload), nextType };
}

function encodeBody(payload: Exclude<Payload, { type: 'unknown' }>): Uint8Array {
  switch (payload.type) {
    case 'SA':
      return encodeSa(payload);
    case 'KE':
      return encodeKe(payload);
    case 'IDi':
    case 'IDr':
      return encodeId(payload);
    case 'AUTH':
      return encodeAuth(payload);
    case 'Nonce':
      return encodeNonce(payload);
    case 'N':
      return encodeNotify(payload);
    case 'D':
      return encodeDelete(payload);
    case 'V':
      return payload.data;
    case 'TSi':
    case 'TSr':
      return encodeTs(payload);
    case 'SKF':
      return encodeSkf(payload);
    default:
      return payload.body;
  }
}
