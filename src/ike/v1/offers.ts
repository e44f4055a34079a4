import { invariant } from '../../base/errors.ts';
import {
  type EncryptionKeyword,
  encryptionAlgorithm,
  type IntegrityKeyword,
  integrityAlgorithm,
  type KeyExchangeKeyword,
  keyExchangeMethod,
  prfAlgorithm,
} from '../../crypto/algorithms.ts';
import { type ChildProtocol, type CipherSuite, isAead, type Proposal, prfOf } from '../../sa/proposal.ts';
import type { IkeOffer } from './proposals.ts';
import {
  ESN_ATTRIBUTE,
  IKE_CLASSES,
  IPSEC_CLASSES,
  type Lifetimes,
  lifetimeAttributes,
} from './transform-attributes.ts';
import { type Encapsulation, ESN_ON, encapsulationValue, KEY_IKE, PRE_SHARED_KEY } from './transform-values.ts';
import { IKE_ATTRIBUTE, IPSEC_ATTRIBUTE, integerAttribute, type WireAttribute } from './wire/attribute.ts';
import { PROTOCOL, type WireProposal, type WireTransform } from './wire/sa.ts';

/** A payload with more is a message that firewalls on the way drop; what comes last in our lists is left out. */
export const MAX_OFFERED = 64;

/**
 * The SA payload's proposals for ours in phase 1: one proposal, and in it one transform for each choice, in order of
 * preference, at most `MAX_OFFERED`. Empty where IKEv1 can say none of them.
 */
export function ikeOffersToWire(proposals: readonly Proposal[], lifetimes: Lifetimes): WireProposal[] {
  const transforms = numbered(
    expand(proposals, ikeSuites).map((suite) => ({ id: KEY_IKE, attributes: ikeAttributes(suite, lifetimes) })),
  );
  return transforms.length === 0 ? [] : [{ number: 1, protocol: PROTOCOL.ISAKMP, spi: new Uint8Array(0), transforms }];
}

/** What all transforms of a Quick Mode have in common. */
export type ChildOfferContext = {
  /** The one that we chose for what we receive, 4 bytes. */
  readonly spi: Uint8Array;
  readonly encapsulation: Encapsulation;
  readonly lifetimes: Lifetimes;
};

/** The same for Quick Mode; ESP and AH are alternatives, so each has a proposal number of its own (RFC 2408 §4.2). */
export function childOffersToWire(proposals: readonly Proposal[], context: ChildOfferContext): WireProposal[] {
  const suites = expand(proposals, childSuites);
  const protocols = [...new Set(suites.map(({ protocol }) => protocol))];
  return protocols.map((protocol, index) => ({
    number: index + 1,
    protocol: protocol === 'ah' ? PROTOCOL.AH : PROTOCOL.ESP,
    spi: context.spi,
    transforms: numbered(
      suites.filter((suite) => suite.protocol === protocol).map((suite) => childTransform(suite, context)),
    ),
  }));
}

/** A responder's choice: the transform goes back unchanged, under the number of its proposal (RFC 2408 §4.2). */
export function answerToWire(offer: IkeOffer, spi: Uint8Array): WireProposal {
  const protocol = PROTOCOL_NUMBERS[offer.proposal.protocol];
  return { number: offer.number, protocol, spi, transforms: [offer.transform] };
}

/**
 * Ours as they fit one key exchange, none where `group` is absent. Where a KE payload goes with the first message, as
 * in Aggressive Mode and in Quick Mode with PFS, every transform must be of its group (RFC 2409 §5.5).
 */
export function ofOneGroup(proposals: readonly Proposal[], group: KeyExchangeKeyword | undefined): Proposal[] {
  return proposals.flatMap((proposal) => {
    if (group === undefined) return proposal.keyExchange.length === 0 ? [proposal] : [];
    return proposal.keyExchange.includes(group) ? [{ ...proposal, keyExchange: [group] }] : [];
  });
}

const PROTOCOL_NUMBERS = { ike: PROTOCOL.ISAKMP, esp: PROTOCOL.ESP, ah: PROTOCOL.AH } as const;

type IkeChoice = Required<Pick<CipherSuite, 'encryption' | 'prf' | 'keyExchange'>>;

type ChildChoice = {
  readonly protocol: ChildProtocol;
  readonly encryption: EncryptionKeyword | undefined;
  readonly integrity: IntegrityKeyword | undefined;
  readonly keyExchange: KeyExchangeKeyword | undefined;
  readonly esn: boolean;
};

/** Each choice once, where it is first. */
function expand<Choice>(proposals: readonly Proposal[], choices: (proposal: Proposal) => Iterable<Choice>): Choice[] {
  const found = new Map<string, Choice>();
  for (const proposal of proposals)
    for (const choice of choices(proposal)) {
      // Lists of a configuration multiply, so that counting ends where the payload does.
      if (found.size === MAX_OFFERED) return [...found.values()];
      const key = JSON.stringify(choice);
      if (!found.has(key)) found.set(key, choice);
    }
  return [...found.values()];
}

/** A prf that is not the HMAC of one of the hashes cannot be said, and neither can a combined-mode cipher. */
function* ikeSuites(proposal: Proposal): Generator<IkeChoice> {
  if (proposal.protocol !== 'ike') return;
  for (const encryption of proposal.encryption)
    for (const prf of proposal.integrity.map(prfOf))
      for (const keyExchange of proposal.keyExchange)
        if (proposal.prf.includes(prf) && encryptionAlgorithm(encryption).ikev1Phase1 !== undefined)
          yield { encryption, prf, keyExchange };
}

function* childSuites(proposal: Proposal): Generator<ChildChoice> {
  const { protocol } = proposal;
  if (protocol === 'ike') return;
  for (const { encryption, integrity } of protections(proposal))
    for (const keyExchange of orNone(proposal.keyExchange))
      for (const esn of proposal.esn.length === 0 ? [false] : proposal.esn)
        yield { protocol, encryption, integrity, keyExchange, esn };
}

function protections(proposal: Proposal): Pick<ChildChoice, 'encryption' | 'integrity'>[] {
  if (proposal.protocol === 'ah') return proposal.integrity.map((integrity) => ({ encryption: undefined, integrity }));
  const sayable = proposal.encryption.filter((keyword) => encryptionAlgorithm(keyword).ikev1Esp !== undefined);
  return sayable.flatMap((encryption) =>
    (isAead(encryption) ? [undefined] : proposal.integrity).map((integrity) => ({ encryption, integrity })),
  );
}

function orNone<Item>(items: readonly Item[]): readonly (Item | undefined)[] {
  return items.length === 0 ? [undefined] : items;
}

function numbered(transforms: readonly Omit<WireTransform, 'number'>[]): WireTransform[] {
  return transforms.map((transform, index) => ({ number: index + 1, ...transform }));
}

function ikeAttributes({ encryption, prf, keyExchange }: IkeChoice, lifetimes: Lifetimes): WireAttribute[] {
  const cipher = encryptionAlgorithm(encryption);
  return [
    ...attribute(IKE_ATTRIBUTE.ENCRYPTION, cipher.ikev1Phase1),
    ...attribute(IKE_ATTRIBUTE.KEY_LENGTH, cipher.keyLengthAttribute ? cipher.keyBits : undefined),
    ...attribute(IKE_ATTRIBUTE.HASH, prfAlgorithm(prf).ikev1Phase1),
    ...attribute(IKE_ATTRIBUTE.GROUP_DESCRIPTION, keyExchangeMethod(keyExchange).group),
    ...attribute(IKE_ATTRIBUTE.AUTHENTICATION_METHOD, PRE_SHARED_KEY),
    ...lifetimeAttributes(lifetimes, IKE_CLASSES),
  ];
}

function childTransform(choice: ChildChoice, context: ChildOfferContext): Omit<WireTransform, 'number'> {
  const cipher = choice.encryption === undefined ? undefined : encryptionAlgorithm(choice.encryption);
  const integrity = choice.integrity === undefined ? undefined : integrityAlgorithm(choice.integrity);
  const group = choice.keyExchange === undefined ? undefined : keyExchangeMethod(choice.keyExchange).group;
  const attributes = [
    ...attribute(IPSEC_ATTRIBUTE.ENCAPSULATION_MODE, encapsulationValue(context.encapsulation)),
    ...attribute(IPSEC_ATTRIBUTE.KEY_LENGTH, cipher?.keyLengthAttribute === true ? cipher.keyBits : undefined),
    ...attribute(IPSEC_ATTRIBUTE.AUTHENTICATION, integrity?.ikev1Auth),
    ...attribute(IPSEC_ATTRIBUTE.GROUP_DESCRIPTION, group),
    ...attribute(ESN_ATTRIBUTE, choice.esn ? ESN_ON : undefined),
    ...lifetimeAttributes(context.lifetimes, IPSEC_CLASSES),
  ];
  const id = choice.protocol === 'ah' ? integrity?.ikev1Ah : cipher?.ikev1Esp;
  invariant(id !== undefined, 'a choice is of algorithms that IKEv1 has numbers for');
  return { id, attributes };
}

/** None where there is no value. */
function attribute(type: number, value: number | undefined): WireAttribute[] {
  return value === undefined ? [] : [integerAttribute(type, value)];
}
