import { toHex, utf8 } from '../../base/bytes.ts';
import { parseAddress } from '../../base/net.ts';
import { parseIdentity } from '../../sa/identity.ts';
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
export function findKey<Key extends Owned>(keys: Iterable<Key>, local: KeyEnd, remote: KeyEnd): Key | undefined {
  const ends = [local, remote].map((end) => new Set(end.map(ownerName)));
  let best: { readonly key: Key; readonly score: number } | undefined;
  for (const key of keys) {
    const owners = ownerNames(key);
    const score = owners.size === 0 ? 1 : ends.reduce((sum, end) => sum + endScore(owners, end), 0);
    if (score > (best?.score ?? 0)) best = { key, score };
  }
  return best?.key;
}

/** What a key is found by. */
export type Owned = Pick<SharedKey, 'owners'>;

/** An owner that is anybody counts less than the one that is meant. */
function endScore(owners: ReadonlySet<string>, end: ReadonlySet<string>): number {
  for (const name of end) if (owners.has(name)) return 3;
  return owners.has(ANYBODYS_NAME) ? 1 : 0;
}

/** The owners of hundreds of keys are looked at for each of hundreds of connections. */
const known = new WeakMap<Owned, ReadonlySet<string>>();

export function ownerNames(key: Owned): ReadonlySet<string> {
  const names = known.get(key) ?? new Set(key.owners.map(ownerName));
  known.set(key, names);
  return names;
}

/** Whether a key with this owner is for whoever there is. */
export function isAnybody(owner: string): boolean {
  return ANYBODY.has(owner);
}

const ANYBODY: ReadonlySet<string> = new Set(['%any', '%any4', '%any6', '0.0.0.0', '::']);
const ANYBODYS_NAME = 'any';

/** The same for two texts that mean the same identity, see `sameIdentity`. */
export function ownerName(text: string): string {
  if (ANYBODY.has(text)) return ANYBODYS_NAME;
  const identity = parseIdentity(text);
  switch (identity?.type) {
    case undefined:
      return `text ${text}`;
    case 'ipv4':
    case 'ipv6':
      return `address ${identity.address}`;
    case 'fqdn':
    case 'rfc822':
      return `${identity.type} ${identity.name.toLowerCase()}`;
    case 'keyid':
      return `keyid ${toHex(identity.bytes)}`;
    case 'other':
      return `${identity.idType} ${toHex(identity.bytes)}`;
  }
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
