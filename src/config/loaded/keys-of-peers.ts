import type { Many } from '../../ike/common/policy.ts';
import { parseIdentity } from '../../sa/identity.ts';
import { isAnybody, ownerName } from '../import/shared-keys.ts';
import { bestKey, type LoadedKey } from './loaded-key.ts';

/** What the keys of a connection are looked for by: the names of its two ends. */
type Use = {
  readonly kind: LoadedKey['kind'];
  readonly ends: readonly [local: readonly string[], remote: readonly string[]];
};

/**
 * The keys of the peers that a loaded connection serves: an owner of a key who is not this end is a peer. Only a key
 * that names nobody but this end is for all others, so that nobody gets in with the key of somebody else.
 */
export function keysOfPeers(many: Many, uses: readonly Use[], keys: readonly LoadedKey[]): Many {
  const use = uses.find(({ kind }) => kind === 'ike');
  const [local, remote] = use?.ends ?? [[], []];
  const known = keys.filter(({ kind }) => kind === 'ike');
  const only = many.keys[0];
  if (only !== undefined) {
    const key = bestKey(known, 'ike', local, remote);
    return { ...many, keys: key === undefined ? [] : [{ identity: only.identity, psk: key.secret }] };
  }
  const ours = new Set(local.map(ownerName));
  const isPeer = (owner: string) => !isAnybody(owner) && !ours.has(ownerName(owner));
  const unnamed = known.filter(({ owners }) => !owners.some(isPeer));
  const common = bestKey(unnamed, 'ike', local, []);
  const { limit } = many;
  return { limit, keys: peerKeys(known, local, isPeer), ...(common === undefined ? {} : { common: common.secret }) };
}

export function hasKeys({ keys, common }: Many): boolean {
  return keys.length > 0 || common !== undefined;
}

function peerKeys(
  known: readonly LoadedKey[],
  local: readonly string[],
  isPeer: (owner: string) => boolean,
): Many['keys'] {
  // A gateway may have thousands of keys, of which few are for one peer.
  const keysOf = new Map<string, { readonly owner: string; readonly keys: LoadedKey[] }>();
  for (const key of known) {
    for (const owner of key.owners.filter(isPeer)) {
      const name = ownerName(owner);
      const entry = keysOf.get(name) ?? { owner, keys: [] };
      entry.keys.push(key);
      keysOf.set(name, entry);
    }
  }
  return [...keysOf.values()].flatMap(({ owner, keys }) => {
    const identity = parseIdentity(owner);
    const key = bestKey(keys, 'ike', local, [owner]);
    return identity === undefined || key === undefined ? [] : { identity, psk: key.secret };
  });
}
