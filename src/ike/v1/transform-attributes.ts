import { WireError } from '../../base/errors.ts';
import { type Duration, SECOND } from '../../base/time.ts';
import type { Writable } from '../../base/writable.ts';
import {
  attributeInteger,
  decodeAttributes,
  IKE_ATTRIBUTE,
  IPSEC_ATTRIBUTE,
  integerAttribute,
  type WireAttribute,
} from './wire/attribute.ts';

/** After which of the two an SA ends, whatever is first; absent is no such limit. */
export type Lifetimes = {
  readonly lifetime?: Duration;
  readonly kilobytes?: number;
};

/** What a transform says: the value of each basic attribute, and its lifetimes. */
export type TransformAttributes = {
  readonly basic: ReadonlyMap<number, number>;
  readonly lifetimes: Lifetimes;
};

/** The numbers of one of the two registries: what is read, and the pair that tells a lifetime. */
export type AttributeClasses = {
  readonly basic: ReadonlySet<number>;
  readonly lifeType: number;
  readonly lifeDuration: number;
};

/** Extended sequence numbers, RFC 4304 §2. */
export const ESN_ATTRIBUTE = 11;

/** RFC 2409 appendix A. Groups described inline (5 to 10, 15, 16) and the prf (13), which has no values, are refused. */
export const IKE_CLASSES: AttributeClasses = {
  basic: new Set([
    IKE_ATTRIBUTE.ENCRYPTION,
    IKE_ATTRIBUTE.HASH,
    IKE_ATTRIBUTE.AUTHENTICATION_METHOD,
    IKE_ATTRIBUTE.GROUP_DESCRIPTION,
    IKE_ATTRIBUTE.KEY_LENGTH,
  ]),
  lifeType: IKE_ATTRIBUTE.LIFE_TYPE,
  lifeDuration: IKE_ATTRIBUTE.LIFE_DURATION,
};

/** RFC 2407 §4.5, RFC 4304 §2. */
export const IPSEC_CLASSES: AttributeClasses = {
  basic: new Set([
    IPSEC_ATTRIBUTE.GROUP_DESCRIPTION,
    IPSEC_ATTRIBUTE.ENCAPSULATION_MODE,
    IPSEC_ATTRIBUTE.AUTHENTICATION,
    IPSEC_ATTRIBUTE.KEY_LENGTH,
    ESN_ATTRIBUTE,
  ]),
  lifeType: IPSEC_ATTRIBUTE.LIFE_TYPE,
  lifeDuration: IPSEC_ATTRIBUTE.LIFE_DURATION,
};

/**
 * Undefined where any attribute is unknown, stands twice, or has a form or value that it cannot have: such a transform
 * is not acceptable as a whole (RFC 2408 §4.2, RFC 2407 §4.5.3). Only lifetimes may repeat (RFC 2407 §4.5.2), and the
 * lowest of one type counts.
 */
export function readAttributes(
  attributes: readonly WireAttribute[],
  classes: AttributeClasses,
): TransformAttributes | undefined {
  const isLife = ({ type }: WireAttribute) => type === classes.lifeType || type === classes.lifeDuration;
  const lifetimes = readLifetimes(attributes.filter(isLife), classes);
  const basic = readBasic(
    attributes.filter((attribute) => !isLife(attribute)),
    classes.basic,
  );
  return lifetimes === undefined || basic === undefined ? undefined : { basic, lifetimes };
}

/** Of a transform, or of a RESPONDER-LIFETIME notify (RFC 2407 §4.6.3.1). What is more than 32 bits can say is cut. */
export function lifetimeAttributes({ lifetime, kilobytes }: Lifetimes, classes: AttributeClasses): WireAttribute[] {
  const pair = (lifeType: number, duration: number | undefined): WireAttribute[] => {
    if (duration === undefined) return [];
    const value = Math.min(MAX_SENT, Math.max(1, Math.floor(duration)));
    return [integerAttribute(classes.lifeType, lifeType), integerAttribute(classes.lifeDuration, value)];
  };
  return [
    ...pair(LIFE_TYPE.SECONDS, lifetime === undefined ? undefined : lifetime / SECOND),
    ...pair(LIFE_TYPE.KILOBYTES, kilobytes),
  ];
}

/** What a RESPONDER-LIFETIME notify tells, RFC 2407 §4.6.3.1: nothing where it makes no sense, as it only adds. */
export function notifiedLifetimes(data: Uint8Array, classes: AttributeClasses): Lifetimes {
  try {
    return readAttributes(decodeAttributes(data, 'N'), classes)?.lifetimes ?? {};
  } catch (error) {
    if (error instanceof WireError) return {};
    throw error;
  }
}

/** The same in both registries. */
const LIFE_TYPE = { SECONDS: 1, KILOBYTES: 2 } as const;

const MAX_SENT = 0xffff_ffff;

function readBasic(
  attributes: readonly WireAttribute[],
  known: ReadonlySet<number>,
): ReadonlyMap<number, number> | undefined {
  const values = new Map<number, number>();
  for (const { type, form, value } of attributes) {
    // RFC 2409 appendix A: a basic attribute must not come in the variable form.
    if (form !== 'TV' || !known.has(type) || values.has(type)) return undefined;
    values.set(type, value);
  }
  return values;
}

/** Pairs of a life type and the duration behind it. */
function readLifetimes(attributes: readonly WireAttribute[], classes: AttributeClasses): Lifetimes | undefined {
  if (attributes.length % 2 !== 0) return undefined;
  const lowest = new Map<number, number>();
  for (let index = 0; index < attributes.length; index += 2) {
    const pair = readPair(attributes[index], attributes[index + 1], classes);
    if (pair === undefined) return undefined;
    lowest.set(pair.lifeType, Math.min(pair.duration, lowest.get(pair.lifeType) ?? pair.duration));
  }
  const seconds = lowest.get(LIFE_TYPE.SECONDS);
  const kilobytes = lowest.get(LIFE_TYPE.KILOBYTES);
  const lifetimes: Writable<Lifetimes> = {};
  if (seconds !== undefined) lifetimes.lifetime = Math.min(seconds * SECOND, Number.MAX_SAFE_INTEGER);
  if (kilobytes !== undefined) lifetimes.kilobytes = kilobytes;
  return lifetimes;
}

function readPair(
  first: WireAttribute | undefined,
  second: WireAttribute | undefined,
  classes: AttributeClasses,
): { readonly lifeType: number; readonly duration: number } | undefined {
  if (first?.type !== classes.lifeType || first.form !== 'TV') return undefined;
  if (first.value !== LIFE_TYPE.SECONDS && first.value !== LIFE_TYPE.KILOBYTES) return undefined;
  if (second?.type !== classes.lifeDuration) return undefined;
  const duration = attributeInteger(second);
  // Nothing lives for no time, and what is beyond 2^53 is no number that anyone configured.
  return duration === undefined || duration === 0 ? undefined : { lifeType: first.value, duration };
}
