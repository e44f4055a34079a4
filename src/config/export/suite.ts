import type { DiffieHellmanKeyword, EncryptionKeyword, IntegrityKeyword, PrfKeyword } from '../../crypto/algorithms.ts';
import { keyExchangeMethod } from '../../crypto/algorithms.ts';
import { slotWords } from '../../sa/additional-key-exchange.ts';
import type { Proposal } from '../../sa/proposal.ts';
import { formatProposal, isAead } from '../../sa/proposal.ts';

/** What a device calls the algorithms that it has; those without a word it does not have. */
export type Words = {
  readonly encryption: Readonly<Partial<Record<EncryptionKeyword, string>>>;
  readonly integrity: Readonly<Partial<Record<IntegrityKeyword, string>>>;
  /** PRFs beside a combined-mode cipher; with `prfApart`, beside an integrity algorithm, too. */
  readonly prf?: Readonly<Partial<Record<PrfKeyword, string>>>;
  /** Without it, the PRF is that of the integrity algorithm, and no other is possible. */
  readonly prfApart?: true;
  readonly keyExchange: Readonly<Partial<Record<DiffieHellmanKeyword, string>>>;
};

/** One choice of a proposal in the words of a device; absent is what the proposal has none of. */
export type DeviceSuite = {
  readonly aead: boolean;
  readonly encryption?: string;
  readonly integrity?: string;
  readonly prf?: string;
  readonly keyExchange?: string;
  /** In our notation; undefined where the device has none of what the tunnel offers. */
  readonly chosen?: string;
  /** The algorithms that it lacks, in our notation, where nothing could be chosen. */
  readonly lacking: readonly string[];
};

/**
 * The first that a device can do of what a tunnel offers. Where it can do none, what it lacks stands in angle brackets,
 * which no device takes.
 */
export function chooseSuite(proposals: readonly Proposal[], words: Words): DeviceSuite {
  const choices = proposals.map((proposal) => choose(proposal, words));
  const lacking = [...new Set(choices.flatMap((choice) => choice.lacking))];
  const first = choices.find((choice) => choice.lacking.length === 0) ?? choices[0] ?? { aead: false, lacking };
  return first.chosen === undefined ? { ...first, lacking } : first;
}

type Picked = { readonly word?: string; readonly keyword?: string; readonly lacks?: string };

function choose(proposal: Proposal, words: Words): DeviceSuite {
  const aead = proposal.encryption.some(isAead);
  const prfs = aead || words.prfApart ? (words.prf ?? {}) : impliedPrfs(proposal);
  const parts = {
    encryption: pick(proposal.encryption, words.encryption),
    integrity: pick(proposal.integrity, words.integrity),
    prf: pick(proposal.prf, prfs),
    keyExchange: pick(proposal.keyExchange, words.keyExchange),
  };
  const all = Object.values(parts);
  const lacking = [...all.flatMap(({ lacks }) => lacks ?? []), ...beyondDevices(proposal)];
  const { encryption, integrity, prf, keyExchange } = parts;
  const chosen = all.flatMap(({ keyword }) => keyword ?? []).join('-');
  return {
    aead,
    ...wordOf('encryption', encryption),
    ...wordOf('integrity', integrity),
    ...wordOf('prf', prf),
    ...wordOf('keyExchange', keyExchange),
    lacking,
    ...(lacking.length === 0 ? { chosen: impliedNotation(proposal, chosen) } : {}),
  };
}

function wordOf<Key extends string>(key: Key, { word }: Picked): Partial<Record<Key, string>> {
  return word === undefined ? {} : ({ [key]: word } as Record<Key, string>);
}

function pick<Keyword extends string>(
  keywords: readonly Keyword[],
  words: Readonly<Partial<Record<string, string>>>,
): Picked {
  const keyword = keywords.find((candidate) => words[candidate] !== undefined);
  const [first] = keywords;
  if (first === undefined) return {};
  return keyword === undefined
    ? { word: `<none for ${first}>`, keyword: first, lacks: first }
    : { word: words[keyword] ?? '', keyword };
}

/** The PRFs that go with the integrity algorithms. */
function impliedPrfs({ integrity }: Proposal): Readonly<Record<string, string>> {
  return Object.fromEntries(integrity.map((keyword) => [`prf${keyword}`, keyword]));
}

/** Additional key exchanges (RFC 9370) and ESN are in none of the exports for devices. */
function beyondDevices({ additional = [], esn }: Proposal): string[] {
  const required = additional.filter(({ methods }) => !methods.includes('none'));
  return [...slotWords(required), ...(esn.length > 0 && !esn.includes(false) ? ['esn'] : [])];
}

/** The PRF is left out where it goes without saying, as everywhere in our notation. */
function impliedNotation({ integrity }: Proposal, chosen: string): string {
  return integrity.reduce((text, keyword) => text.replace(`${keyword}-prf${keyword}`, keyword), chosen);
}

/** Words for groups that a device numbers, such as `group14`. */
export function numberedGroups(
  groups: readonly DiffieHellmanKeyword[],
  word: (number: number) => string,
): Readonly<Partial<Record<DiffieHellmanKeyword, string>>> {
  return Object.fromEntries(groups.map((keyword) => [keyword, word(keyExchangeMethod(keyword).group)]));
}

/** Words for algorithms that a device calls as we do. */
export function sameWords<Keyword extends string>(keywords: readonly Keyword[]): Readonly<Record<Keyword, string>> {
  return Object.fromEntries(keywords.map((keyword) => [keyword, keyword])) as unknown as Record<Keyword, string>;
}

/** What all proposals of a tunnel are, for people. */
export function offeredText(proposals: readonly Proposal[]): string {
  return proposals.map(formatProposal).join(', ');
}
