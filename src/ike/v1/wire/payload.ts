import { WireError } from '../../../base/errors.ts';
import type { IpAddress } from '../../../base/net.ts';
import {
  type ChainLink,
  type ChainRules,
  encodePayloadChain,
  type RawPayload,
  walkPayloadChain,
} from '../../wire/payload-chain.ts';
import { type DeletePayload, decodeDelete, encodeDelete } from './delete.ts';
import { decodeFragment, encodeFragment, type FragmentPayload } from './fragment.ts';
import { decodeHash, type HashPayload } from './hash.ts';
import { decodeId, type IdPayload } from './id.ts';
import { decodeKe, type KePayload } from './ke.ts';
import { decodeNatOa, encodeNatOa } from './nat-oa.ts';
import { decodeNonce, type NoncePayload } from './nonce.ts';
import { decodeNotify, encodeNotify, type NotifyPayload } from './notify.ts';
import { decodeSa, type SaPayload } from './sa.ts';

/** Everything that an IKEv1 message can carry, RFC 2408 §3.1, as plain data. */
export type PayloadV1 =
  | SaPayload
  | KePayload
  | IdPayload
  | HashPayload
  | NoncePayload
  | NotifyPayload
  | DeletePayload
  | { readonly type: 'V'; readonly data: Uint8Array }
  | NatDPayload
  | NatOaPayload
  | OpaquePayload
  | FragmentPayload
  /** Ignored (RFC 2408 §5.3 would have the message refused, but vendors put their own types into good messages). */
  | { readonly type: 'unknown'; readonly payloadType: number; readonly body: Uint8Array };

/**
 * NAT discovery, RFC 3947 §3.2. `draft` has the private number of draft-ietf-ipsec-nat-t-ike-02 and -03; it counts
 * only where that vendor ID was agreed on.
 */
export type NatDPayload = { readonly type: 'NAT-D'; readonly draft: boolean; readonly hash: Uint8Array };

/** NAT original address, RFC 3947 §5.2. */
export type NatOaPayload = { readonly type: 'NAT-OA'; readonly draft: boolean; readonly address: IpAddress };

/** Known kinds whose content nothing looks at. */
export type OpaquePayload = { readonly type: 'CERT' | 'CR' | 'SIG'; readonly body: Uint8Array };

type PayloadType = Exclude<PayloadV1['type'], 'unknown'>;

/** Payload type numbers, RFC 2408 §3.1 and RFC 3947 §3.2, §5.2; FRAG is a private one of Microsoft and Cisco. */
export const PAYLOAD_TYPE: { readonly [Type in PayloadType]: number } = {
  SA: 1,
  KE: 4,
  ID: 5,
  CERT: 6,
  CR: 7,
  HASH: 8,
  SIG: 9,
  Nonce: 10,
  N: 11,
  D: 12,
  V: 13,
  'NAT-D': 20,
  'NAT-OA': 21,
  FRAG: 132,
};

/** NAT-D and NAT-OA in draft-ietf-ipsec-nat-t-ike-02 and -03. */
export const DRAFT_PAYLOAD_TYPE = { 'NAT-D': 130, 'NAT-OA': 131 } as const;

/**
 * Decodes a whole chain. `maxTrailing` bytes of padding may follow it.
 *
 * @throws WireError where any of it is malformed: there is no half-read message. Payloads that belong inside others
 * (proposal, transform) and payloads of IKEv2 are malformed here, and so is a fragment that is not alone.
 */
export function decodePayloads(firstType: number, bytes: Uint8Array, maxTrailing = 0): PayloadV1[] {
  const fragment = firstType === PAYLOAD_TYPE.FRAG;
  return decodeChain(walkPayloadChain(firstType, bytes, chainRules(fragment ? 0 : maxTrailing)));
}

/** The same of a chain that was walked already. @throws WireError */
export function decodeChain(raw: readonly RawPayload[]): PayloadV1[] {
  if (raw.length > 1 && raw.some(({ type }) => type === PAYLOAD_TYPE.FRAG)) throw new WireError('syntax', 'FRAG');
  return raw.map(decodePayload);
}

/** The reverse. */
export function encodePayloads(payloads: readonly PayloadV1[]): PayloadChain {
  return encodePayloadChain(payloads.map(encodePayload));
}

/** A chain as bytes, plain or encrypted, and the type that the header names as the first. */
export type PayloadChain = { readonly firstType: number; readonly bytes: Uint8Array };

export function chainRules(maxTrailing: number): ChainRules {
  return { last: LAST, maxOfType: MAX_OF_TYPE, maxTrailing };
}

const LAST: ReadonlySet<number> = new Set();

const MAX_OF_TYPE: ReadonlyMap<number, number> = new Map([
  [PAYLOAD_TYPE.CERT, 8],
  // Daemons announce every draft that they ever knew.
  [PAYLOAD_TYPE.V, 50],
]);

/** Proposal and transform, which stand only inside an SA payload, RFC 2408 §3.4. */
const INNER_TYPES: ReadonlySet<number> = new Set([2, 3]);

/** The payload types of IKEv2 (33..54) are reserved in IKEv1. */
const FIRST_V2_TYPE = 33;
const LAST_V2_TYPE = 54;

const DECODERS: ReadonlyMap<number, (body: Uint8Array) => PayloadV1> = new Map([
  [PAYLOAD_TYPE.SA, decodeSa],
  [PAYLOAD_TYPE.KE, decodeKe],
  [PAYLOAD_TYPE.ID, decodeId],
  [PAYLOAD_TYPE.CERT, (body: Uint8Array): PayloadV1 => ({ type: 'CERT', body })],
  [PAYLOAD_TYPE.CR, (body: Uint8Array): PayloadV1 => ({ type: 'CR', body })],
  [PAYLOAD_TYPE.HASH, decodeHash],
  [PAYLOAD_TYPE.SIG, (body: Uint8Array): PayloadV1 => ({ type: 'SIG', body })],
  [PAYLOAD_TYPE.Nonce, decodeNonce],
  [PAYLOAD_TYPE.N, decodeNotify],
  [PAYLOAD_TYPE.D, decodeDelete],
  [PAYLOAD_TYPE.V, (body: Uint8Array): PayloadV1 => ({ type: 'V', data: body })],
  [PAYLOAD_TYPE['NAT-D'], natD(false)],
  [PAYLOAD_TYPE['NAT-OA'], natOa(false)],
  [DRAFT_PAYLOAD_TYPE['NAT-D'], natD(true)],
  [DRAFT_PAYLOAD_TYPE['NAT-OA'], natOa(true)],
  [PAYLOAD_TYPE.FRAG, decodeFragment],
]);

function natD(draft: boolean): (body: Uint8Array) => NatDPayload {
  return (hash) => ({ type: 'NAT-D', draft, hash });
}

function natOa(draft: boolean): (body: Uint8Array) => NatOaPayload {
  return (body) => ({ type: 'NAT-OA', draft, address: decodeNatOa(body) });
}

function decodePayload({ type, body }: RawPayload): PayloadV1 {
  const decode = DECODERS.get(type);
  if (decode !== undefined) return decode(body);
  if (INNER_TYPES.has(type) || (type >= FIRST_V2_TYPE && type <= LAST_V2_TYPE))
    throw new WireError('syntax', 'payload.type');
  return { type: 'unknown', payloadType: type, body };
}

function encodePayload(payload: PayloadV1): ChainLink {
  return { type: payloadNumber(payload), body: encodeBody(payload) };
}

function payloadNumber(payload: PayloadV1): number {
  if (payload.type === 'unknown') return payload.payloadType;
  if ((payload.type === 'NAT-D' || payload.type === 'NAT-OA') && payload.draft) return DRAFT_PAYLOAD_TYPE[payload.type];
  return PAYLOAD_TYPE[payload.type];
}

function encodeBody(payload: PayloadV1): Uint8Array {
  switch (payload.type) {
    case 'KE':
    case 'HASH':
    case 'Nonce':
    case 'V':
      return payload.data;
    case 'N':
      return encodeNotify(payload);
    case 'D':
      return encodeDelete(payload);
    case 'NAT-D':
      return payload.hash;
    case 'NAT-OA':
      return encodeNatOa(payload.address);
    case 'FRAG':
      return encodeFragment(payload);
    default:
      return payload.body;
  }
}
