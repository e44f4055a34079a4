import { toHex, utf8 } from '../../base/bytes.ts';
import { parseAddress } from '../../base/net.ts';
import { parseIdentity, sameIdentity } from '../../sa/identity.ts';
import type { Written } from './written.ts';

/** A pre-shared key of another daemon. */
export type SharedKey = {
  /** Whom it is for; anybody where there are none. */
  readonly owners: readonly string[];
  /** As `psk` of our configuration takes it, with the place of the key. */
  readonly secret: Written;
};

/** What of an end can be among the owners of a key: its identity and its addresses. */
export type KeyEnd = readonly string[];

/**
 * The key that fits two ends best: one that names both counts more than one that names one, and that more than one for
 * anybody. Of equals the first. Undefined where none fits.
 */
export function findKey(keys: readonly SharedKey[], local: KeyEnd, remote: KeyEnd): SharedKey | undefined {
  let best: { readonly key: SharedKey; readonly score: number } | undefined;
  for (const key of keys) {
    const score = key.owners.length === 0 ? 1 : endScore(key, local) + endScore(key, remote);
    if (score > (best?.score ?? 0)) best = { key, score };
  }
  return best?.key;
}

/** An owner that is anybody counts less than the one that is meant. */
function endScore({ owners }: SharedKey, end: KeyEnd): number {
  if (owners.some((owner) => end.some((name) => sameOwner(owner, name)))) return 3;
  return owners.some((owner) => ANYBODY.has(owner)) ? 1 : 0;
}

const ANYBODY: ReadonlySet<string> = new Set(['%any', '%any4', '%any6', '0.0.0.0', '::']);

function sameOwner(owner: string, name: string): boolean {
  const [a, b] = [parseIdentity(owner), parseIdentity(name)];
  if (a !== undefined && b !== undefined) return sameIdentity(a, b);
  return owner === name;
}

/** Whether an owner is an address, by which a responder of IKEv1 can find the key before it knows the identity. */
export function isAddressOwner(owner: string): boolean {
  return ANYBODY.has(owner) || parseAddress(owner) !== undefined;
}

/** What an export of ours has in the place of a key that it was not to show; nobody means it as a key. */
export const HIDDEN_KEY = '<secret>';

/** Why that is refused. */
export const KEY_IS_HIDDEN = `the key is missing: ${HIDDEN_KEY} stands in its place; export with --reveal, or write it here`;

/**
 * A key as `psk` takes it: the text itself where that may stand there, else in hexadecimal. The bytes stay the same,
 * so that a key with blanks or quotes can be had from another daemon, too.
 */
export function pskText(key: string | Uint8Array): string {
  const bytes = typeof key === 'string' ? utf8(key) : key;
  const text = typeof key === 'string' ? key : String.fromCharCode(...key.subarray(0, MAX_TEXT + 1));
  const plain = /^[\x21-\x7e]{1,128}$/.test(text) && !/[?"']/.test(text) && !/^0[xs]/.test(text);
  return plain ? text : `0x${toHex(bytes)}`;
}

const MAX_TEXT = 128;
