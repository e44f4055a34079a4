import type { EncryptionKeyword, IntegrityKeyword, KeyExchangeKeyword, PrfKeyword } from '../crypto/algorithms.ts';
import { ENCRYPTION, INTEGRITY, KEY_EXCHANGE, PRF } from '../crypto/algorithms.ts';
import { KEY_EXCHANGE_SLOTS, type KeyExchangeSlot, type SlotMethod } from './additional-key-exchange.ts';

/** What one word of a proposal stands for. */
export type ProposalWord =
  | { readonly type: 'encryption'; readonly keyword: EncryptionKeyword }
  | { readonly type: 'integrity'; readonly keyword: IntegrityKeyword }
  | { readonly type: 'prf'; readonly keyword: PrfKeyword }
  | { readonly type: 'keyExchange'; readonly keyword: KeyExchangeKeyword }
  | { readonly type: 'additional'; readonly slot: KeyExchangeSlot; readonly keyword: SlotMethod }
  | { readonly type: 'esn'; readonly keyword: boolean };

/** The meaning of a word in strongSwan's notation, in whatever case; undefined where it is none of ours. */
export function proposalWord(word: string): ProposalWord | undefined {
  return WORDS.get(word.toLowerCase());
}

/** The words of the given types, each in its one proper spelling. */
export function proposalWords(types: readonly ProposalWord['type'][]): string[] {
  const aliases = new Set(ALIASES.map(([alias]) => alias));
  return [...WORDS].filter(([word, { type }]) => types.includes(type) && !aliases.has(word)).map(([word]) => word);
}

/** Other spellings that strongSwan and its users write. */
const ALIASES: readonly (readonly [string, string])[] = [
  ['aes', 'aes128'],
  ['aes128gcm128', 'aes128gcm16'],
  ['aes192gcm128', 'aes192gcm16'],
  ['aes256gcm128', 'aes256gcm16'],
  ['sha', 'sha1'],
  ['sha2_256', 'sha256'],
  ['sha2_384', 'sha384'],
  ['sha2_512', 'sha512'],
  ['sha2-256', 'sha256'],
  ['sha2-384', 'sha384'],
  ['sha2-512', 'sha512'],
  ['x25519', 'curve25519'],
  ...KEY_EXCHANGE_SLOTS.map((slot) => [`ke${slot}_x25519`, `ke${slot}_curve25519`] as const),
];

const WORDS: ReadonlyMap<string, ProposalWord> = withAliases(
  new Map<string, ProposalWord>([
    ...ENCRYPTION.map(({ keyword }) => [keyword, { type: 'encryption', keyword }] as const),
    ...INTEGRITY.map(({ keyword }) => [keyword, { type: 'integrity', keyword }] as const),
    ...PRF.map(({ keyword }) => [keyword, { type: 'prf', keyword }] as const),
    ...KEY_EXCHANGE.map(({ keyword }) => [keyword, { type: 'keyExchange', keyword }] as const),
    ['esn', { type: 'esn', keyword: true }],
    ['noesn', { type: 'esn', keyword: false }],
    ...KEY_EXCHANGE_SLOTS.flatMap((slot) =>
      [...KEY_EXCHANGE.map((row) => row.keyword), 'none' as const].map(
        (keyword) => [`ke${slot}_${keyword}`, { type: 'additional', slot, keyword }] as const,
      ),
    ),
  ]),
);

function withAliases(words: Map<string, ProposalWord>): Map<string, ProposalWord> {
  for (const [alias, word] of ALIASES) {
    const meaning = words.get(word);
    if (meaning !== undefined) words.set(alias, meaning);
  }
  return words;
}
