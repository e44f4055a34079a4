import { nearestWord } from '../base/nearest.ts';
import type { EncryptionKeyword, IntegrityKeyword, KeyExchangeKeyword, PrfKeyword } from '../crypto/algorithms.ts';
import { encryptionAlgorithm, integrityAlgorithm, PRF, prfAlgorithm } from '../crypto/algorithms.ts';
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
  readonly esn: readonly boolean[];
};

/** What was agreed: at most one of each. */
export type CipherSuite = {
  readonly protocol: SecurityProtocol;
  readonly encryption?: EncryptionKeyword;
  readonly integrity?: IntegrityKeyword;
  readonly prf?: PrfKeyword;
  readonly keyExchange?: KeyExchangeKeyword;
  readonly esn?: boolean;
};

/** What this machine can do, probed at start: an algorithm that is not here is never offered nor accepted. */
export type Capabilities = {
  readonly ike: {
    readonly encryption: readonly EncryptionKeyword[];
    readonly integrity: readonly IntegrityKeyword[];
    readonly prf: readonly PrfKeyword[];
    readonly keyExchange: readonly KeyExchangeKeyword[];
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
    const list: (string | boolean)[] = lists[meaning.type];
    if (list.includes(meaning.keyword)) return { error: 'names an algorithm twice', word };
    list.push(meaning.keyword);
    const misplaced = MISPLACED[protocol][meaning.type];
    if (misplaced !== undefined) return { error: misplaced, word };
  }
  return completeProposal(lists, protocol);
}

/** `aes128-sha1-modp1024`; the PRF is left out where it is the integrity algorithm's HMAC, `esn` where it is off. */
export function formatSuite(suite: CipherSuite): string {
  return formatProposal({
    protocol: suite.protocol,
    encryption: present(suite.encryption),
    integrity: present(suite.integrity),
    prf: present(suite.prf),
    keyExchange: present(suite.keyExchange),
    esn: present(suite.esn),
  });
}

/** The text that `parseProposal` reads back as the same proposal. */
export function formatProposal(proposal: Proposal): string {
  const derived = sameList(proposal.prf, prfsOf(proposal.integrity));
  return [
    ...proposal.encryption,
    ...proposal.integrity,
    ...(derived ? [] : proposal.prf),
    ...proposal.keyExchange,
    ...(proposal.esn.includes(true) ? proposal.esn.map((esn) => (esn ? 'esn' : 'noesn')) : []),
  ].join('-');
}

/**
 * What is left of the proposals on a machine that can do only so much: algorithms that it lacks are dropped, and a
 * proposal that thereby loses all algorithms of one type.
 */
export function restrictProposals(proposals: readonly Proposal[], capabilities: Capabilities): Proposal[] {
  return proposals.flatMap((proposal) => {
    const able: Able = { encryption: [], ...capabilities[proposal.protocol] };
    const restricted: Proposal = {
      ...proposal,
      encryption: proposal.encryption.filter((keyword) => able.encryption.includes(keyword)),
      integrity: proposal.integrity.filter((keyword) => able.integrity.includes(keyword)),
      prf: proposal.prf.filter((keyword) => capabilities.ike.prf.includes(keyword)),
      keyExchange: proposal.keyExchange.filter((keyword) => capabilities.ike.keyExchange.includes(keyword)),
    };
    const lost = LISTS.some((type) => proposal[type].length > 0 && restricted[type].length === 0);
    return lost ? [] : [restricted];
  });
}

/** A combined-mode cipher authenticates by itself and takes no integrity algorithm, RFC 7296 §3.3. */
export function isAead(keyword: EncryptionKeyword): boolean {
  return encryptionAlgorithm(keyword).aeadIcvBytes !== undefined;
}

/** The HMAC of an integrity algorithm's hash, as a PRF. */
export function prfOf(integrity: IntegrityKeyword): PrfKeyword {
  const { hash } = integrityAlgorithm(integrity);
  const row = PRF.find((prf) => prfAlgorithm(prf.keyword).hash === hash);
  if (row === undefined) throw new RangeError(`no PRF for ${integrity}`);
  return row.keyword;
}

type Able = {
  readonly encryption: readonly EncryptionKeyword[];
  readonly integrity: readonly IntegrityKeyword[];
};

type Lists = {
  readonly encryption: EncryptionKeyword[];
  readonly integrity: IntegrityKeyword[];
  readonly prf: PrfKeyword[];
  readonly keyExchange: KeyExchangeKeyword[];
  readonly esn: boolean[];
};

const LISTS = ['encryption', 'integrity', 'prf', 'keyExchange'] as const;

function emptyLists(): Lists {
  return { encryption: [], integrity: [], prf: [], keyExchange: [], esn: [] };
}

/** Words that a protocol has no use for. */
const MISPLACED: Readonly<Record<SecurityProtocol, Partial<Record<ProposalWord['type'], string>>>> = {
  ike: { esn: 'names a sequence number form, which only ESP and AH have' },
  esp: { prf: 'names a PRF, which only IKE uses' },
  ah: { encryption: 'names an encryption algorithm, but AH does not encrypt', prf: 'names a PRF, which only IKE uses' },
};

function unknownWord(word: string, protocol: SecurityProtocol): ProposalError {
  const error = word === '' ? 'has an empty word' : 'has a word that is no algorithm';
  const types = (['encryption', 'integrity', 'prf', 'keyExchange', 'esn'] as const).filter(
    (type) => MISPLACED[protocol][type] === undefined,
  );
  const nearest = word === '' ? undefined : nearestWord(word, proposalWords(types));
  return { error, word, ...(nearest === undefined ? {} : { nearest }) };
}

function completeProposal(lists: Lists, protocol: SecurityProtocol): Proposal | ProposalError {
  const lack = lacking(lists, protocol);
  if (lack !== undefined) return { error: lack };
  if (protocol !== 'ike') return { protocol, ...lists, esn: lists.esn.length > 0 ? lists.esn : [false] };
  const aead = lists.encryption.some(isAead);
  const prf = lists.prf.length > 0 ? lists.prf : prfsOf(lists.integrity);
  return { protocol, ...lists, prf, integrity: aead ? [] : lists.integrity };
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
