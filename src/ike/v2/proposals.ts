import { readU32 } from '../../base/bytes.ts';
import type { Writable } from '../../base/writable.ts';
import {
  ENCRYPTION,
  type EncryptionAlgorithm,
  type EncryptionKeyword,
  encryptionAlgorithm,
  INTEGRITY,
  integrityAlgorithm,
  KEY_EXCHANGE,
  keyExchangeMethod,
  PRF,
  prfAlgorithm,
} from '../../crypto/algorithms.ts';
import {
  KEY_EXCHANGE_SLOTS,
  type KeyExchangeSlot,
  type SlotMethod,
  type SlotOffer,
} from '../../sa/additional-key-exchange.ts';
import { asProposal, type CipherSuite, type Proposal, type SecurityProtocol } from '../../sa/proposal.ts';
import { PROTOCOL, TRANSFORM, type WireProposal, type WireTransform } from './wire/sa.ts';

/** A proposal of the peer that we can read, under the number by which an answer names it. */
export type Offer = { readonly number: number; readonly spi: Uint8Array; readonly proposal: Proposal };

/** 0 in IKE_SA_INIT, 8 where an IKE SA is rekeyed (RFC 7296 §3.3.1). ESP and AH always have 4. */
export type IkeSpiBytes = 0 | 8;

/**
 * The proposals of an SA payload that we could accept, in the peer's order; the others are left out, and where none
 * is left the answer is NO_PROPOSAL_CHOSEN (RFC 7296 §3.3.6). A number that stands twice names nothing, so both are
 * left out. A Child SA proposal that leaves the key exchange open (a method or NONE) yields one offer for each.
 */
export function readOffers(wires: readonly WireProposal[], ikeSpiBytes: IkeSpiBytes = 0): Offer[] {
  const uses = new Map<number, number>();
  for (const { number } of wires) uses.set(number, (uses.get(number) ?? 0) + 1);
  return wires.flatMap((wire) => {
    const proposal = wire.number > 0 && uses.get(wire.number) === 1 ? fromWire(wire, ikeSpiBytes) : undefined;
    if (proposal === undefined) return [];
    const offer = { number: wire.number, spi: wire.spi, proposal };
    const open = proposal.keyExchange.length > 0 && offersNone(wire, TRANSFORM.KE);
    return open ? [offer, { ...offer, proposal: { ...proposal, keyExchange: [] } }] : [offer];
  });
}

/**
 * What a proposal means, or undefined where it is not acceptable as a whole (RFC 7296 §3.3.6): a transform type that
 * we do not know or that its protocol does not have, an SPI of the wrong size, a mandatory type without a transform
 * that we know. A transform with an unknown id or attribute, or with a key length where none belongs or without one
 * where one does, is left out alone.
 */
export function fromWire(wire: WireProposal, ikeSpiBytes: IkeSpiBytes = 0): Proposal | undefined {
  const protocol = PROTOCOL_NAMES.get(wire.protocol);
  if (protocol === undefined || !hasValidSpi(wire, ikeSpiBytes)) return undefined;
  const { mandatory, optional } = TYPES[protocol];
  if (!wire.transforms.every(({ type }) => mandatory.includes(type) || optional.includes(type))) return undefined;
  const read: Writable<Proposal> = {
    protocol,
    encryption: keywordsOf(wire, TRANSFORM.ENCR, encryptionOf),
    integrity: keywordsOf(wire, TRANSFORM.INTEG, integrityOf),
    prf: keywordsOf(wire, TRANSFORM.PRF, prfOf),
    keyExchange: keywordsOf(wire, TRANSFORM.KE, methodOf),
    esn: keywordsOf(wire, TRANSFORM.ESN, esnOf),
  };
  const slots = slotsOf(wire);
  if (slots.length > 0) read.additional = slots;
  const proposal = withConsistentProtection(read, wire);
  if (proposal === undefined) return undefined;
  if (mandatory.some((type) => listOf(proposal, type).length === 0)) return undefined;
  return optional.every((type) => isSatisfiable(proposal, wire, type)) ? proposal : undefined;
}

/** The SA payload's proposals for ours, numbered from 1 (RFC 7296 §3.3.1). */
export function offersToWire(proposals: readonly Proposal[], spi: Uint8Array): WireProposal[] {
  return proposals.flatMap(separateCombinedMode).map((proposal, index) => toWire(proposal, index + 1, spi));
}

/** One proposal as it stands; combined-mode ciphers must be apart from the others (see `offersToWire`). */
export function toWire(proposal: Proposal, number: number, spi: Uint8Array): WireProposal {
  const transforms: WireTransform[] = [];
  const add = (type: number, id: number): void => void transforms.push({ type, id });
  for (const keyword of proposal.encryption) transforms.push(encryptionTransform(keyword));
  for (const keyword of proposal.integrity) add(TRANSFORM.INTEG, integrityAlgorithm(keyword).ikev2);
  for (const keyword of proposal.prf) add(TRANSFORM.PRF, prfAlgorithm(keyword).ikev2);
  for (const keyword of proposal.keyExchange) add(TRANSFORM.KE, keyExchangeMethod(keyword).group);
  if (proposal.additional !== undefined) transforms.push(...proposal.additional.flatMap(slotTransforms));
  for (const esn of proposal.esn) add(TRANSFORM.ESN, esn ? 1 : 0);
  return { number, protocol: PROTOCOL_NUMBERS[proposal.protocol], spi, transforms };
}

/**
 * A responder's choice: `number` is that of the proposal it was made from. `leftOut` are the additional key exchanges
 * of that proposal that do not take place: they are answered with NONE (RFC 9370 §2.2.1).
 */
export function suiteToWire(
  suite: CipherSuite,
  number: number,
  spi: Uint8Array,
  leftOut: readonly KeyExchangeSlot[] = [],
): WireProposal {
  const proposal: Writable<Proposal> = asProposal(suite);
  proposal.esn = suite.protocol === 'ike' ? [] : [suite.esn ?? false];
  if (leftOut.length > 0) {
    const slots = [...(proposal.additional ?? []), ...leftOut.map((slot) => ({ slot, methods: ['none'] as const }))];
    proposal.additional = slots.toSorted((a, b) => a.slot - b.slot);
  }
  return toWire(proposal, number, spi);
}

/** The additional key exchanges that the peer has offered and that the suite chosen from it does not have. */
export function leftOutBy({ additional = [] }: CipherSuite, { proposal }: Offer): KeyExchangeSlot[] {
  const offered = (proposal.additional ?? []).map(({ slot }) => slot);
  return offered.filter((slot) => !additional.some((chosen) => chosen.slot === slot));
}

/** The reverse; undefined where the answer is no single choice. Whether it was offered is for the caller to check. */
export function suiteFromWire(wire: WireProposal, ikeSpiBytes: IkeSpiBytes = 0): CipherSuite | undefined {
  const types = new Set(wire.transforms.map(({ type }) => type));
  const proposal = types.size === wire.transforms.length ? fromWire(wire, ikeSpiBytes) : undefined;
  if (proposal === undefined) return undefined;
  const [encryption] = proposal.encryption;
  const [integrity] = proposal.integrity;
  const [prf] = proposal.prf;
  const [keyExchange] = proposal.keyExchange;
  const [esn] = proposal.esn;
  const additional = (proposal.additional ?? []).flatMap(({ slot, methods: [method] }) =>
    method === undefined || method === 'none' ? [] : [{ slot, method }],
  );
  return {
    protocol: proposal.protocol,
    ...(encryption === undefined ? {} : { encryption }),
    ...(integrity === undefined ? {} : { integrity }),
    ...(prf === undefined ? {} : { prf }),
    ...(keyExchange === undefined ? {} : { keyExchange }),
    ...(additional.length === 0 ? {} : { additional }),
    ...(esn === undefined ? {} : { esn }),
  };
}

const PROTOCOL_NUMBERS: Readonly<Record<SecurityProtocol, number>> = {
  ike: PROTOCOL.IKE,
  ah: PROTOCOL.AH,
  esp: PROTOCOL.ESP,
};

const PROTOCOL_NAMES: ReadonlyMap<number, SecurityProtocol> = new Map([
  [PROTOCOL.IKE, 'ike'],
  [PROTOCOL.AH, 'ah'],
  [PROTOCOL.ESP, 'esp'],
]);

const ADDITIONAL = KEY_EXCHANGE_SLOTS.map(slotType);

/**
 * RFC 7296 §3.3.3, RFC 9370 §2.2.1. INTEG is mandatory for IKE too but with a combined-mode cipher: see
 * `withConsistentProtection`.
 */
const TYPES: Readonly<Record<SecurityProtocol, { mandatory: readonly number[]; optional: readonly number[] }>> = {
  ike: { mandatory: [TRANSFORM.ENCR, TRANSFORM.PRF, TRANSFORM.KE], optional: [TRANSFORM.INTEG, ...ADDITIONAL] },
  esp: { mandatory: [TRANSFORM.ENCR, TRANSFORM.ESN], optional: [TRANSFORM.INTEG, TRANSFORM.KE, ...ADDITIONAL] },
  ah: { mandatory: [TRANSFORM.INTEG, TRANSFORM.ESN], optional: [TRANSFORM.KE, ...ADDITIONAL] },
};

/** Integrity algorithm and key exchange method NONE, RFC 7296 §3.3.2: the same as no transform of the type. */
const NONE = 0;

function hasValidSpi(wire: WireProposal, ikeSpiBytes: IkeSpiBytes): boolean {
  if (wire.protocol === PROTOCOL.IKE) return wire.spi.length === ikeSpiBytes;
  // RFC 4303 §2.1, RFC 4302 §2.4: the SPIs 0 to 255 are reserved.
  return wire.spi.length === 4 && readU32(wire.spi) > 255;
}

function keywordsOf<Keyword>(
  wire: WireProposal,
  type: number,
  lookup: (transform: WireTransform) => Keyword | undefined,
): Keyword[] {
  // No longer than the table that `lookup` knows, however long the proposal is.
  const keywords: Keyword[] = [];
  for (const transform of wire.transforms) {
    if (transform.type !== type || transform.unknownAttribute === true) continue;
    const keyword = lookup(transform);
    if (keyword !== undefined && !keywords.includes(keyword)) keywords.push(keyword);
  }
  return keywords;
}

function encryptionOf(transform: WireTransform): EncryptionKeyword | undefined {
  // RFC 7296 §3.3.5: a cipher has the attribute or must not have it. Only lengths of the table are ever computed with.
  return ENCRYPTION.find(
    (row) => row.ikev2 === transform.id && (row.keyLengthAttribute ? row.keyBits : undefined) === transform.keyLength,
  )?.keyword;
}

function rowLookup<Row extends { readonly keyword: string }>(
  rows: readonly Row[],
  idOf: (row: Row) => number,
): (transform: WireTransform) => Row['keyword'] | undefined {
  return ({ id, keyLength }) => (keyLength === undefined ? rows.find((row) => idOf(row) === id)?.keyword : undefined);
}

const integrityOf = rowLookup(INTEGRITY, (row) => row.ikev2);
const prfOf = rowLookup(PRF, (row) => row.ikev2);
const methodOf = rowLookup(KEY_EXCHANGE, (row) => row.group);

/** In a slot, unlike in KE itself, NONE is a choice beside the others. */
function slotMethodOf(transform: WireTransform): SlotMethod | undefined {
  const { id, keyLength } = transform;
  return id === NONE && keyLength === undefined ? 'none' : methodOf(transform);
}

function slotsOf(wire: WireProposal): SlotOffer[] {
  if (!wire.transforms.some(({ type }) => ADDITIONAL.includes(type))) return [];
  return KEY_EXCHANGE_SLOTS.flatMap((slot) => {
    const methods = keywordsOf(wire, slotType(slot), slotMethodOf);
    return methods.length === 0 ? [] : [{ slot, methods }];
  });
}

function slotTransforms({ slot, methods }: SlotOffer): WireTransform[] {
  return methods.map((method) => ({
    type: slotType(slot),
    id: method === 'none' ? NONE : keyExchangeMethod(method).group,
  }));
}

function slotType(slot: KeyExchangeSlot): number {
  return TRANSFORM.ADDKE1 + slot - 1;
}

function esnOf({ id, keyLength }: WireTransform): boolean | undefined {
  return keyLength === undefined && id <= 1 ? id === 1 : undefined;
}

function offersNone(wire: WireProposal, type: number): boolean {
  return wire.transforms.some((transform) => transform.type === type && transform.id === NONE);
}

/**
 * Makes sure that no choice from the lists can leave traffic unauthenticated. A combined-mode cipher stands beside
 * no integrity algorithm but NONE (RFC 7296 §3.3, RFC 5282 §8); any other cipher needs one.
 */
function withConsistentProtection(proposal: Proposal, wire: WireProposal): Proposal | undefined {
  if (proposal.protocol === 'ah') return proposal;
  const combined = proposal.encryption.filter(isCombinedMode);
  const someIntegrity = wire.transforms.some(({ type, id }) => type === TRANSFORM.INTEG && id !== NONE);
  if (combined.length > 0 && someIntegrity) return undefined;
  const allCombined = combined.length === proposal.encryption.length;
  return proposal.integrity.length === 0 && !allCombined ? { ...proposal, encryption: combined } : proposal;
}

/** Whether an optional type is absent, may be NONE, or has a transform that we know. */
function isSatisfiable(proposal: Proposal, wire: WireProposal, type: number): boolean {
  const absent = !wire.transforms.some((transform) => transform.type === type);
  return absent || offersNone(wire, type) || listOf(proposal, type).length > 0;
}

const LISTS: ReadonlyMap<number, Exclude<keyof Proposal, 'protocol' | 'additional'>> = new Map([
  [TRANSFORM.ENCR, 'encryption'],
  [TRANSFORM.PRF, 'prf'],
  [TRANSFORM.INTEG, 'integrity'],
  [TRANSFORM.KE, 'keyExchange'],
  [TRANSFORM.ESN, 'esn'],
]);

function listOf(proposal: Proposal, type: number): readonly unknown[] {
  const key = LISTS.get(type);
  if (key !== undefined) return proposal[key];
  return proposal.additional?.find(({ slot }) => slotType(slot) === type)?.methods ?? [];
}

function isCombinedMode(keyword: EncryptionKeyword): boolean {
  return encryptionAlgorithm(keyword).aeadIcvBytes !== undefined;
}

/** RFC 7296 §3.3: where both kinds of cipher are acceptable, each kind has a proposal of its own. */
function separateCombinedMode(proposal: Proposal): Proposal[] {
  const combined = proposal.encryption.filter(isCombinedMode);
  const plain = proposal.encryption.filter((keyword) => !isCombinedMode(keyword));
  if (combined.length === 0) return [proposal];
  const parts = [{ ...proposal, encryption: combined, integrity: [] }];
  return plain.length === 0 ? parts : [...parts, { ...proposal, encryption: plain }];
}

function encryptionTransform(keyword: EncryptionKeyword): WireTransform {
  const row: EncryptionAlgorithm = encryptionAlgorithm(keyword);
  if (!row.keyLengthAttribute) return { type: TRANSFORM.ENCR, id: row.ikev2 };
  return { type: TRANSFORM.ENCR, id: row.ikev2, keyLength: row.keyBits };
}
