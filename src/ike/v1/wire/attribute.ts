import { ByteReader, ByteWriter } from '../../../base/bytes.ts';
import { WireError } from '../../../base/errors.ts';

/**
 * A data attribute, RFC 2408 §3.3, in the form in which it was sent: TV has two octets of value, TLV any number.
 * Decoding and encoding change no octet, so that a responder can answer with the transform that was offered.
 */
export type WireAttribute =
  | { readonly type: number; readonly form: 'TV'; readonly value: number }
  | { readonly type: number; readonly form: 'TLV'; readonly value: Uint8Array };

/** Attribute classes of an IKE SA, RFC 2409 appendix A. */
export const IKE_ATTRIBUTE = {
  ENCRYPTION: 1,
  HASH: 2,
  AUTHENTICATION_METHOD: 3,
  GROUP_DESCRIPTION: 4,
  GROUP_TYPE: 5,
  GROUP_PRIME: 6,
  GROUP_GENERATOR_ONE: 7,
  GROUP_GENERATOR_TWO: 8,
  GROUP_CURVE_A: 9,
  GROUP_CURVE_B: 10,
  LIFE_TYPE: 11,
  LIFE_DURATION: 12,
  PRF: 13,
  KEY_LENGTH: 14,
  FIELD_SIZE: 15,
  GROUP_ORDER: 16,
} as const;

/** Attribute classes of an ESP, AH or IPComp SA, RFC 2407 §4.5. */
export const IPSEC_ATTRIBUTE = {
  LIFE_TYPE: 1,
  LIFE_DURATION: 2,
  GROUP_DESCRIPTION: 3,
  ENCAPSULATION_MODE: 4,
  AUTHENTICATION: 5,
  KEY_LENGTH: 6,
  KEY_ROUNDS: 7,
  COMPRESS_DICTIONARY_SIZE: 8,
  COMPRESS_PRIVATE: 9,
} as const;

/** Our limit for one list: what any known daemon sends is a dozen. */
const MAX_ATTRIBUTES = 32;

/** The AF bit, RFC 2408 §3.3. */
const SHORT_FORM = 0x8000;

/** @throws WireError where a length does not fit, or there are too many. */
export function decodeAttributes(bytes: Uint8Array, field: string): WireAttribute[] {
  const reader = new ByteReader(bytes);
  const attributes: WireAttribute[] = [];
  while (reader.remaining > 0) {
    if (attributes.length === MAX_ATTRIBUTES) throw new WireError('limit', `${field}.attributes`);
    attributes.push(decodeAttribute(reader, `${field}.attribute`));
  }
  return attributes;
}

export function encodeAttributes(attributes: readonly WireAttribute[]): Uint8Array {
  const writer = new ByteWriter();
  for (const attribute of attributes) {
    if (attribute.form === 'TV') writer.u16(attribute.type | SHORT_FORM).u16(attribute.value);
    else writer.u16(attribute.type).u16(attribute.value.length).bytes(attribute.value);
  }
  return writer.finish();
}

/**
 * The value as an unsigned integer, in whichever form it came: durations are sent in both, with leading zeros or
 * without (RFC 2407 §4.5). Undefined where there are no octets, or where it is above `Number.MAX_SAFE_INTEGER`.
 */
export function attributeInteger(attribute: WireAttribute): number | undefined {
  if (attribute.form === 'TV') return attribute.value;
  if (attribute.value.length === 0) return undefined;
  let value = 0;
  for (const octet of attribute.value) {
    value = value * 256 + octet;
    if (value > Number.MAX_SAFE_INTEGER) return undefined;
  }
  return value;
}

/** An attribute of ours: TV where the value fits, else TLV with four octets, as far as 2^32 - 1 reaches. */
export function integerAttribute(type: number, value: number): WireAttribute {
  if (value <= 0xffff) return { type, form: 'TV', value };
  return { type, form: 'TLV', value: new ByteWriter().u32(value).finish() };
}

function decodeAttribute(reader: ByteReader, field: string): WireAttribute {
  const type = reader.u16(field);
  const valueOrLength = reader.u16(field);
  if ((type & SHORT_FORM) !== 0) return { type: type & ~SHORT_FORM, form: 'TV', value: valueOrLength };
  return { type, form: 'TLV', value: reader.bytes(valueOrLength, field) };
}
