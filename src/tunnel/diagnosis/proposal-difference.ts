import { KEY_EXCHANGE } from '../../crypto/algorithms.ts';
import { type Proposal, parseProposal, type SecurityProtocol } from '../../sa/proposal.ts';

/** A kind of algorithm that both sides have and of which they have nothing in common. */
export type Difference = {
  readonly kind: Kind;
  /** For people: groups by their number and name. */
  readonly ours: readonly string[];
  readonly theirs: readonly string[];
};

type Kind = 'encryption' | 'integrity' | 'prf' | 'keyExchange';

const NOUNS: Readonly<Record<Kind, string>> = {
  encryption: 'encryption',
  integrity: 'authentication',
  prf: 'PRF',
  keyExchange: 'DH group',
};

/** The keys of the configuration behind `ike.` or `ipsec.`; the list of proposals can stand in the place of each. */
const KEYS: Readonly<Record<Kind, { readonly ike: string; readonly ipsec: string }>> = {
  encryption: { ike: 'encryption', ipsec: 'encryption' },
  integrity: { ike: 'authentication', ipsec: 'authentication' },
  prf: { ike: 'authentication', ipsec: 'authentication' },
  keyExchange: { ike: 'dhGroup', ipsec: 'pfs' },
};

/** What a peer offers, read back from the texts of its evidence; those that were cut are left out. */
export function readProposals(texts: readonly string[]): Proposal[] {
  return texts.flatMap((text) => {
    const [protocol = '', words = ''] = text.split(' ');
    const proposal = isProtocol(protocol) ? parseProposal(words, protocol) : undefined;
    return proposal === undefined || 'error' in proposal ? [] : [proposal];
  });
}

export function differencesOf(ours: readonly Proposal[], theirs: readonly Proposal[]): Difference[] {
  const kinds = (['encryption', 'integrity', 'prf', 'keyExchange'] as const).flatMap((kind) => {
    const [own, peer] = [namesOf(kind, ours), namesOf(kind, theirs)];
    // Ciphers that authenticate by themselves have no integrity algorithm beside them; no group is a choice of its own.
    const [few, many] = [Math.min(own.length, peer.length), Math.max(own.length, peer.length)];
    const comparable = kind === 'keyExchange' ? many > 0 : few > 0;
    const differs = comparable && theirs.length > 0 && !own.some((name) => peer.includes(name));
    return differs ? [{ kind, ours: orNone(own), theirs: orNone(peer) }] : [];
  });
  // The PRF goes with the hash of the integrity algorithm, and is set by the same key.
  const isImplied = kinds.some(({ kind }) => kind === 'integrity');
  return kinds.filter(({ kind }) => kind !== 'prf' || !isImplied);
}

/** `encryption: here aes128, there aes256; …` */
export function differenceText(differences: readonly Difference[]): string {
  return differences
    .map(({ kind, ours, theirs }) => `${NOUNS[kind]}: here ${ours.join(', ')}, there ${theirs.join(', ')}`)
    .join('; ');
}

/** `ike.encryption: aes256, ike.dhGroup: 14`: what makes this end fit, by the peer's first choice. */
export function settingsText(differences: readonly Difference[], part: 'ike' | 'ipsec'): string {
  return differences.map(({ kind, theirs }) => `${part}.${KEYS[kind][part]}: ${settingOf(theirs[0] ?? '')}`).join(', ');
}

/** The keys that the differences are about, and the list that may stand in their place. */
export function keysOf(differences: readonly Difference[], part: 'ike' | 'ipsec'): string[][] {
  return differences.map(({ kind }) => [`${part}.${KEYS[kind][part]}`, `${part}.proposals`]);
}

/** `14 (modp2048)`. */
export function groupName(group: number): string {
  const row = KEY_EXCHANGE.find((method) => method.group === group);
  return row === undefined ? String(group) : `${group} (${row.keyword})`;
}

/** The groups of proposals, by number and name. */
export function groupsOf(proposals: readonly Proposal[]): string[] {
  return namesOf('keyExchange', proposals);
}

function namesOf(kind: Kind, proposals: readonly Proposal[]): string[] {
  const all = proposals.flatMap((proposal): readonly string[] => proposal[kind]);
  return [...new Set(all)].map((name) => (kind === 'keyExchange' ? nameOfMethod(name) : name));
}

function nameOfMethod(keyword: string): string {
  const row = KEY_EXCHANGE.find((method) => method.keyword === keyword);
  return row === undefined ? keyword : groupName(row.group);
}

function orNone(names: readonly string[]): readonly string[] {
  return names.length === 0 ? ['none'] : names;
}

/** As it is written in the configuration: a group by its number alone. */
function settingOf(name: string): string {
  return /^\d+ \(/.test(name) ? (name.split(' ')[0] ?? name) : name;
}

function isProtocol(text: string): text is SecurityProtocol {
  return text === 'ike' || text === 'esp' || text === 'ah';
}
