import { readU32 } from '../../base/bytes.ts';
import { HOUR } from '../../base/time.ts';
import type { Writable } from '../../base/writable.ts';
import {
  DIFFIE_HELLMAN,
  ENCRYPTION,
  type EncryptionAlgorithm,
  type EncryptionKeyword,
  encryptionAlgorithm,
  INTEGRITY,
  type IntegrityKeyword,
  type KeyExchangeKeyword,
  PRF,
} from '../../crypto/algorithms.ts';
import { isAead, type Proposal } from '../../sa/proposal.ts';
import { ESN_ATTRIBUTE, IKE_CLASSES, IPSEC_CLASSES, type Lifetimes, readAttributes } from './transform-attributes.ts';
import { type Encapsulation, ESN_ON, encapsulationOf, KEY_IKE, PRE_SHARED_KEY } from './transform-values.ts';
import { IKE_ATTRIBUTE, IPSEC_ATTRIBUTE } from './wire/attribute.ts';
import { PROTOCOL, type WireProposal, type WireTransform } from './wire/sa.ts';

/** One transform of the peer that we can read: in IKEv1 each is a whole choice, one algorithm of each kind. */
export type IkeOffer = {
  /** Number of the proposal that the transform is of. */
  readonly number: number;
  /** As it came, attributes in their order and form: so it goes into the answer (RFC 2408 §4.2). */
  readonly transform: WireTransform;
  readonly proposal: Proposal;
  readonly lifetimes: Lifetimes;
};

export type ChildOffer = IkeOffer & {
  readonly spi: Uint8Array;
  /** Absent where the peer does not say: then it is the host's affair (RFC 2407 §4.5). */
  readonly encapsulation?: Encapsulation;
};

/**
 * The transforms of phase 1 that we could accept, in the peer's order; the others are left out, and where none is left
 * the answer is NO-PROPOSAL-CHOSEN. Proposals of one number are to be taken together (RFC 2408 §4.2), and nothing
 * that we have is such a bundle, so they are left out.
 */
export function readIkeOffers(wires: readonly WireProposal[]): IkeOffer[] {
  return standingAlone(wires).flatMap((wire) => {
    // RFC 2408 §3.5: the cookies name an IKE SA; an SPI of 0 to 16 bytes may stand here and means nothing.
    if (wire.protocol !== PROTOCOL.ISAKMP || wire.spi.length > 16) return [];
    return wire.transforms.flatMap((transform) => readIkeTransform(wire.number, transform) ?? []);
  });
}

/** The same for Quick Mode: ESP and AH. */
export function readChildOffers(wires: readonly WireProposal[]): ChildOffer[] {
  return standingAlone(wires).flatMap((wire) => {
    if (!hasUsableSpi(wire)) return [];
    return wire.transforms.flatMap((transform) => readChildTransform(wire, transform) ?? []);
  });
}

/** The responder's choice of phase 1, undefined where it is none; whether we offered it is for the caller to check. */
export function readIkeAnswer(wires: readonly WireProposal[]): IkeOffer | undefined {
  return isSingleChoice(wires) ? readIkeOffers(wires)[0] : undefined;
}

/** The same for Quick Mode. */
export function readChildAnswer(wires: readonly WireProposal[]): ChildOffer | undefined {
  return isSingleChoice(wires) ? readChildOffers(wires)[0] : undefined;
}

/** What the peer assumes where it tells no lifetime of an ESP or AH SA, RFC 2407 §4.5. */
const DEFAULT_CHILD_LIFETIME = 8 * HOUR;

function standingAlone(wires: readonly WireProposal[]): readonly WireProposal[] {
  if (wires.length < 2) return wires;
  const uses = new Map<number, number>();
  for (const { number } of wires) uses.set(number, (uses.get(number) ?? 0) + 1);
  return wires.filter(({ number }) => uses.get(number) === 1);
}

function isSingleChoice(wires: readonly WireProposal[]): boolean {
  return wires.length === 1 && wires[0]?.transforms.length === 1;
}

function hasUsableSpi({ spi }: WireProposal): boolean {
  // RFC 4303 §2.1, RFC 4302 §2.4: the SPIs 0 to 255 are reserved.
  return spi.length === 4 && readU32(spi) > 255;
}

function readIkeTransform(number: number, transform: WireTransform): IkeOffer | undefined {
  const read = readAttributes(transform.attributes, IKE_CLASSES);
  if (transform.id !== KEY_IKE || read?.basic.get(IKE_ATTRIBUTE.AUTHENTICATION_METHOD) !== PRE_SHARED_KEY)
    return undefined;
  const cipher = read.basic.get(IKE_ATTRIBUTE.ENCRYPTION);
  const encryption = cipherOf(cipher, read.basic.get(IKE_ATTRIBUTE.KEY_LENGTH), 'ikev1Phase1');
  const prf = PRF.find(({ ikev1Phase1 }) => ikev1Phase1 === read.basic.get(IKE_ATTRIBUTE.HASH));
  const integrity = INTEGRITY.find(({ hash }) => hash === prf?.hash);
  const group = groupOf(read.basic.get(IKE_ATTRIBUTE.GROUP_DESCRIPTION));
  if (encryption === undefined || prf === undefined || integrity === undefined || group === undefined) return undefined;
  const proposal: Proposal = {
    protocol: 'ike',
    encryption: [encryption],
    integrity: [integrity.keyword],
    prf: [prf.keyword],
    keyExchange: [group],
    esn: [],
  };
  return { number, transform, proposal, lifetimes: read.lifetimes };
}

function readChildTransform(wire: WireProposal, transform: WireTransform): ChildOffer | undefined {
  const read = readAttributes(transform.attributes, IPSEC_CLASSES);
  if (read === undefined) return undefined;
  const protection = readProtection(wire.protocol, transform.id, read.basic);
  const keyExchange = readOptional(read.basic.get(IPSEC_ATTRIBUTE.GROUP_DESCRIPTION), groupOf);
  const encapsulation = readOptional(read.basic.get(IPSEC_ATTRIBUTE.ENCAPSULATION_MODE), encapsulationOf);
  const esn = readOptional(read.basic.get(ESN_ATTRIBUTE), (value) => (value === ESN_ON ? true : undefined));
  if (protection === undefined || keyExchange === UNKNOWN || encapsulation === UNKNOWN || esn === UNKNOWN)
    return undefined;
  const proposal: Proposal = {
    protocol: protection.protocol,
    encryption: protection.encryption,
    integrity: protection.integrity,
    prf: [],
    keyExchange: keyExchange === undefined ? [] : [keyExchange],
    esn: [esn ?? false],
  };
  const lifetimes = { lifetime: DEFAULT_CHILD_LIFETIME, ...read.lifetimes };
  const offer: Writable<ChildOffer> = { number: wire.number, spi: wire.spi, transform, proposal, lifetimes };
  if (encapsulation !== undefined) offer.encapsulation = encapsulation;
  return offer;
}

type Protection = Pick<Proposal, 'protocol' | 'encryption' | 'integrity'>;

/** No transform is acceptable that would leave traffic without integrity. */
function readProtection(protocol: number, id: number, basic: ReadonlyMap<number, number>): Protection | undefined {
  const auth = basic.get(IPSEC_ATTRIBUTE.AUTHENTICATION);
  const keyLength = basic.get(IPSEC_ATTRIBUTE.KEY_LENGTH);
  const integrity = INTEGRITY.find(({ ikev1Auth }) => ikev1Auth === auth)?.keyword;
  if (protocol === PROTOCOL.AH) return readAh(id, integrity, keyLength);
  const encryption = protocol === PROTOCOL.ESP ? cipherOf(id, keyLength, 'ikev1Esp') : undefined;
  if (encryption === undefined) return undefined;
  // A combined-mode cipher has no authentication algorithm beside it, known or not.
  if (isAead(encryption))
    return auth === undefined ? { protocol: 'esp', encryption: [encryption], integrity: [] } : undefined;
  return integrity === undefined ? undefined : { protocol: 'esp', encryption: [encryption], integrity: [integrity] };
}

/** AH says its algorithm twice, RFC 2407 §4.4.3, and both have to agree. */
function readAh(
  id: number,
  integrity: IntegrityKeyword | undefined,
  keyLength: number | undefined,
): Protection | undefined {
  const named = INTEGRITY.find(({ ikev1Ah }) => ikev1Ah === id)?.keyword;
  if (named === undefined || named !== integrity || keyLength !== undefined) return undefined;
  return { protocol: 'ah', encryption: [], integrity: [named] };
}

/** A cipher has a key length attribute or must not have it; only lengths of the table are ever computed with. */
function cipherOf(
  id: number | undefined,
  keyLength: number | undefined,
  registry: 'ikev1Phase1' | 'ikev1Esp',
): EncryptionKeyword | undefined {
  if (id === undefined) return undefined;
  return ENCRYPTION.find(({ keyword }) => {
    const row: EncryptionAlgorithm = encryptionAlgorithm(keyword);
    return row[registry] === id && (row.keyLengthAttribute ? row.keyBits : undefined) === keyLength;
  })?.keyword;
}

function groupOf(group: number | undefined): KeyExchangeKeyword | undefined {
  return DIFFIE_HELLMAN.find((row) => row.group === group)?.keyword;
}

/** An attribute is there with a value that we do not know. */
const UNKNOWN = Symbol('unknown value');

function readOptional<Meaning>(
  value: number | undefined,
  read: (value: number) => Meaning | undefined,
): Meaning | undefined | typeof UNKNOWN {
  return value === undefined ? undefined : (read(value) ?? UNKNOWN);
}
