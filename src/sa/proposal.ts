import { nearestWord } from '../base/nearest.ts';
import type { Writable } from '../base/writable.ts';
import type {
  EncryptionKeyword,
  HashName,
  IntegrityKeyword,
  KeyExchangeKeyword,
  PrfKeyword,
} from '../crypto/algorithms.ts';
import { encryptionAlgorithm, integrityAlgorithm, PRF } from '../crypto/algorithms.ts';
import type {
  AbleKeyExchanges,
  AdditionalKeyExchange,
  KeyExchangeSlot,
  SlotMethod,
  SlotOffer,
} from './additional-key-exchange.ts';
import { isFillable, KEY_EXCHANGE_SLOTS, restrictSlots, slotWords } from './additional-key-exchange.ts';
import type { ProposalWord } from './proposal-keyword.ts';
import { proposalWord, proposalWords } from './proposal-keyword.ts';

export type SecurityProtocol = 'ike' | 'esp' | 'ah';
export type ChildProtocol = 'esp' | 'ah';

/**
 * What one side offers, with IKEv2 semantics: any one of each list, the lists in order of preference. An empty list
 * means that the proposal has no transform of that type (integrity with a combined-mode cipher, `keyExchange`
 * without PFS). `esn` lists the acceptable sequence number forms and is empty for `ike`.
 */
export type Proposal = {
  readonly protocol: SecurityProtocol;
  readonly encryption: readonly EncryptionKeyword[];
  readonly integrity: readonly IntegrityKeyword[];
  readonly prf: readonly PrfKeyword[];
  readonly keyExchange: readonly KeyExchangeKeyword[];
  /** RFC 9370, by slot in ascending order; absent where there is none. */
  readonly additional?: readonly SlotOffer[];
  readonly esn: readonly boolean[];
};

/** What was agreed: at most one of each. */
export type CipherSuite = {
  readonly protocol: SecurityProtocol;
  readonly encryption?: EncryptionKeyword;
  readonly integrity?: IntegrityKeyword;
  readonly prf?: PrfKeyword;
  readonly keyExchange?: KeyExchangeKeyword;
  /** In the order in which they are done; absent where there is none. */
  readonly additional?: readonly AdditionalKeyExchange[];
  readonly esn?: boolean;
};

/** What this machine can do, probed at start: an algorithm that is not here is never offered nor accepted. */
export type Capabilities = {
  readonly ike: {
    readonly encryption: readonly EncryptionKeyword[];
    readonly integrity: readonly IntegrityKeyword[];
    readonly prf: readonly PrfKeyword[];
    /** A list, or whoever tests one when it is asked about. */
    readonly keyExchange: AbleKeyExchanges;
  };
  readonly esp: { readonly encryption: readonly EncryptionKeyword[]; readonly integrity: readonly IntegrityKeyword[] };
  readonly ah: { readonly integrity: readonly IntegrityKeyword[] };
};

/** Why a text is no proposal: a sentence without its subject; the word at fault and the nearest valid one, if any. */
export type ProposalError = { readonly error: string; readonly word?: string; readonly nearest?: string };

/**
 * A proposal in strongSwan's notation: words joined by `-`, several of one type allowed, such as
 * `aes128-sha1-modp1024` or `aes256gcm16-prfsha384-ecp384`. Without a PRF word, the PRFs of an IKE proposal are the
 * HMACs of its integrity words; beside a combined-mode cipher those words mean nothing else.
 */
export function parseProposal(text: string, protocol: SecurityProtocol): Proposal | ProposalError {
  const lists = emptyLists();
  for (const word of text.split('-')) {
    const meaning = proposalWord(word);
    if (meaning === undefined) return unknownWord(word, protocol);
    const list: (string | boolean)[] = meaning.type === 'additional' ? lists.slots[meaning.slot] : lists[meaning.type];
    if (list.includes(meaning.keyword)) return { error: 'names an algorithm twice', word };
    list.push(meaning.keyword);
    const misplaced = MISPLACED[protocol][meaning.type];
    if (misplaced !== undefined) return { error: misplaced, word };
  }
  return completeProposal(lists, protocol);
}

/** `aes128-sha1-modp1024`; the PRF is left out where it is the integrity algorithm's HMAC, `esn` where it is off. */
export function formatSuite(suite: CipherSuite): string {
  return formatProposal(asProposal(suite));
}

/** The proposal of which the suite is the one possible choice. */
export function asProposal(suite: CipherSuite): Proposal {
  const proposal: Writable<Proposal> = {
    protocol: suite.protocol,
    encryption: present(suite.encryption),
    integrity: present(suite.integrity),
    prf: present(suite.prf),
    keyExchange: present(suite.keyExchange),
    esn: present(suite.esn),
  };
  if (suite.additional !== undefined && suite.additional.length > 0)
    proposal.additional = suite.additional.map(({ slot, method }) => ({ slot, methods: [method] }));
  return proposal;
}

/** The text that `parseProposal` reads back as the same proposal. */
export function formatProposal(proposal: Proposal): string {
  const derived = sameList(proposal.prf, prfsOf(proposal.integrity));
  return [
    ...proposal.encryption,
    ...proposal.integrity,
    ...(derived ? [] : proposal.prf),
    ...proposal.keyExchange,
    ...slotWords(proposal.additional),
    ...(proposal.esn.includes(true) ? proposal.esn.map((esn) => (esn ? 'esn' : 'noesn')) : []),
  ].join('-');
}

/**
 * What is left of the proposals on a machine that can do only so much: algorithms that it lacks are dropped, and a
 * proposal that thereby loses all algorithms of one type.
 */
export function restrictProposals(proposals: readonly Proposal[], capabilities: Capabilities): Proposal[] {
  return proposals.flatMap((proposal) => {
    const able = ableOf(capabilities, proposal.protocol);
    // What it mostly is, and then it is no other proposal.
    if (proposal.additional === undefined && isWithin(proposal, able, capabilities.ike)) return [proposal];
    const slots = restrictSlots(proposal.additional ?? [], capabilities.ike.keyExchange);
    const restricted: Writable<Proposal> = {
      protocol: proposal.protocol,
      encryption: proposal.encryption.filter((keyword) => able.encryption.includes(keyword)),
      integrity: proposal.integrity.filter((keyword) => able.integrity.includes(keyword)),
      prf: proposal.prf.filter((keyword) => capabilities.ike.prf.includes(keyword)),
      keyExchange: proposal.keyExchange.filter((keyword) => capabilities.ike.keyExchange.includes(keyword)),
      esn: proposal.esn,
    };
    if (slots !== undefined && slots.length > 0) restricted.additional = slots;
    const lost = LISTS.some((type) => proposal[type].length > 0 && restricted[type].length === 0);
    return lost || slots === undefined ? [] : [restricted];
  });
}

/** The field of a proposal for these slots; none where it has none. */
export function withSlots(offers: readonly SlotOffer[]): Pick<Proposal, 'additional'> {
  return offers.length === 0 ? {} : { additional: offers };
}

/** A combined-mode cipher authenticates by itself and takes no integrity algorithm, RFC 7296 §3.3. */
export function isAead(keyword: EncryptionKeyword): boolean {
  return encryptionAlgorithm(keyword).aeadIcvBytes !== undefined;
}

/** The HMAC of an integrity algorithm's hash, as a PRF. */
export function prfOf(integrity: IntegrityKeyword): PrfKeyword {
  const prf = PRF_OF_HASH.get(integrityAlgorithm(integrity).hash);
  if (prf === undefined) throw new RangeError(`no PRF for ${integrity}`);
  return prf;
}

const PRF_OF_HASH: ReadonlyMap<HashName, PrfKeyword> = new Map(PRF.map(({ hash, keyword }) => [hash, keyword]));

type Able = {
  readonly encryption: readonly EncryptionKeyword[];
  readonly integrity: readonly IntegrityKeyword[];
};

function ableOf(capabilities: Capabilities, protocol: SecurityProtocol): Able {
  return protocol === 'ah' ? { encryption: [], integrity: capabilities.ah.integrity } : capabilities[protocol];
}

/** Whether all of it can be done. */
function isWithin(proposal: Proposal, able: Able, ike: Capabilities['ike']): boolean {
  return (
    proposal.encryption.every((keyword) => able.encryption.includes(keyword)) &&
    proposal.integrity.every((keyword) => able.integrity.includes(keyword)) &&
    proposal.prf.every((keyword) => ike.prf.includes(keyword)) &&
    proposal.keyExchange.every((keyword) => ike.keyExchange.includes(keyword))
  );
}

type Lists = {
  readonly encryption: EncryptionKeyword[];
  readonly integrity: IntegrityKeyword[];
  readonly prf: PrfKeyword[];
  readonly keyExchange: KeyExchangeKeyword[];
  readonly slots: Readonly<Record<KeyExchangeSlot, SlotMethod[]>>;
  readonly esn: boolean[];
};

const LISTS = ['encryption', 'integrity', 'prf', 'keyExchange'] as const;

function emptyLists(): Lists {
  const slots = { 1: [], 2: [], 3: [], 4: [], 5: [], 6: [], 7: [] };
  return { encryption: [], integrity: [], prf: [], keyExchange: [], slots, esn: [] };
}

/** Words that a protocol has no use for. */
const MISPLACED: Readonly<Record<SecurityProtocol, Partial<Record<ProposalWord['type'], string>>>> = {
  ike: { esn: 'names a sequence number form, which only ESP and AH have' },
  esp: { prf: 'names a PRF, which only IKE uses' },
  ah: {
    encryption: 'names an encryption algorithm, but AH does not encrypt',
    prf: 'names a PRF, which only IKE uses',
  },
};

function unknownWord(word: string, protocol: SecurityProtocol): ProposalError {
  const error = word === '' ? 'has an empty word' : 'has a word that is no algorithm';
  const types = (['encryption', 'integrity', 'prf', 'keyExchange', 'additional', 'esn'] as const).filter(
    (type) => MISPLACED[protocol][type] === undefined,
  );
  const nearest = word === '' ? undefined : nearestWord(word, proposalWords(types));
  return { error, word, ...(nearest === undefined ? {} : { nearest }) };
}

function completeProposal(lists: Lists, protocol: SecurityProtocol): Proposal | ProposalError {
  const { slots, encryption, integrity, keyExchange } = lists;
  const offers = KEY_EXCHANGE_SLOTS.flatMap((slot) => (slots[slot].length > 0 ? [{ slot, methods: slots[slot] }] : []));
  const lack = lacking(lists, protocol) ?? slotFault(offers, lists);
  if (lack !== undefined) return { error: lack };
  const ike = protocol === 'ike';
  const proposal: Writable<Proposal> = {
    protocol,
    encryption,
    integrity: ike && encryption.some(isAead) ? [] : integrity,
    prf: ike && lists.prf.length === 0 ? prfsOf(integrity) : lists.prf,
    keyExchange,
    esn: !ike && lists.esn.length === 0 ? [false] : lists.esn,
  };
  if (offers.length > 0) proposal.additional = offers;
  return proposal;
}

/** RFC 7296 §3.3.3: which transform types a protocol must have. */
function lacking(lists: Lists, protocol: SecurityProtocol): string | undefined {
  if (protocol !== 'ah' && lists.encryption.length === 0) return 'names no encryption algorithm';
  if (protocol === 'ike' && lists.keyExchange.length === 0) return 'names no key exchange method (DH group)';
  const aead = lists.encryption.filter(isAead);
  if (aead.length === 0) return lists.integrity.length === 0 ? 'names no integrity algorithm' : undefined;
  if (aead.length < lists.encryption.length)
    return 'mixes ciphers that authenticate by themselves with others; write two proposals';
  return protocol === 'ike' ? lackingPrf(lists) : superfluousIntegrity(lists);
}

function slotFault(offers: readonly SlotOffer[], { keyExchange }: Lists): string | undefined {
  // RFC 9370 §2.2.4: they come after one in CREATE_CHILD_SA, and cannot take its place.
  if (offers.length > 0 && keyExchange.length === 0)
    return 'names an additional key exchange, but no key exchange method (DH group) that goes before it';
  const empty = offers.find(({ methods }) => methods.every((method) => method === 'none'));
  if (empty !== undefined) return `names no method but none for ke${empty.slot}; leave it out`;
  return isFillable(offers) ? undefined : 'asks for the same additional key exchange twice (RFC 9370 §2.2.1)';
}

function lackingPrf(lists: Lists): string | undefined {
  if (lists.prf.length === 0 && lists.integrity.length === 0) return 'names no PRF; add one such as prfsha256';
  return lists.prf.length > 0 ? superfluousIntegrity(lists) : undefined;
}

function superfluousIntegrity({ integrity, encryption }: Lists): string | undefined {
  const [first] = integrity;
  return first === undefined ? undefined : `names ${first}, but ${encryption[0]} authenticates by itself`;
}

function prfsOf(integrity: readonly IntegrityKeyword[]): PrfKeyword[] {
  return integrity.map(prfOf);
}

function sameList<Item>(a: readonly Item[], b: readonly Item[]): boolean {
  return a.length === b.length && a.every((item, index) => item === b[index]);
}

function present<Item>(item: Item | undefined): Item[] {
  return item === undefined ? [] : [item];
}
