import { type Identity, parseIdentity } from '../../sa/identity.ts';
import { type Expected, isExpected } from '../../sa/identity-pattern.ts';
import { findKey, isAnybody, type Owned, ownerName } from './shared-keys.ts';

/** The keys of a connection that many peers call. */
export type KeysOfMany<Key> = {
  /** Of single peers. */
  readonly own: readonly { readonly owner: string; readonly identity: Identity; readonly key: Key }[];
  /** Of all others; absent where nobody else gets in. */
  readonly common: Key | undefined;
};

/**
 * An owner of a key who is not this end is a peer, where its name is `expected`. Only a key that names nobody but this end
 * is for all others, so that nobody gets in with the key of somebody else.
 */
export function keysOfMany<Key extends Owned>(
  keys: readonly Key[],
  local: readonly string[],
  expected: Expected,
): KeysOfMany<Key> {
  const ours = new Set(local.map(ownerName));
  const isPeer = (owner: string) => !isAnybody(owner) && !ours.has(ownerName(owner));
  const unnamed = keys.filter(({ owners }) => !owners.some(isPeer));
  const own = [...byPeer(keys, isPeer)].flatMap(({ owner, keys: known }) => {
    const identity = parseIdentity(owner);
    const key = findKey(known, local, [owner]);
    if (identity === undefined || key === undefined || !isExpected(expected, identity)) return [];
    return [{ owner, identity, key }];
  });
  return { own, common: findKey(unnamed, local, []) };
}

type OfPeer<Key> = { readonly owner: string; readonly keys: Key[] };

/** A gateway may have thousands of keys, of which few are for one peer. */
function byPeer<Key extends Owned>(keys: readonly Key[], isPeer: (owner: string) => boolean): Iterable<OfPeer<Key>> {
  const keysOf = new Map<string, OfPeer<Key>>();
  for (const key of keys) {
    for (const owner of key.owners.filter(isPeer)) {
      const name = ownerName(owner);
      const entry = keysOf.get(name) ?? { owner, keys: [] };
      entry.keys.push(key);
      keysOf.set(name, entry);
    }
  }
  return keysOf.values();
}
