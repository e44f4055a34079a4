import type { Many } from '../../ike/common/policy.ts';
import type { Identity } from '../../sa/identity.ts';
import { parseIdentity, sameIdentity } from '../../sa/identity.ts';
import { isAnybody } from '../import/shared-keys.ts';
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
  const common = bestKey(
    known.filter(({ owners }) => owners.every((owner) => isAnybody(owner) || isOneOf(owner, local))),
    'ike',
    local,
    [],
  );
  const { limit } = many;
  return { limit, keys: [...peerKeys(known, local)], ...(common === undefined ? {} : { common: common.secret }) };
}

export function hasKeys({ keys, common }: Many): boolean {
  return keys.length > 0 || common !== undefined;
}

function* peerKeys(known: readonly LoadedKey[], local: readonly string[]): Generator<Many['keys'][number]> {
  const seen: Identity[] = [];
  for (const owner of known.flatMap(({ owners }) => owners)) {
    const identity = isAnybody(owner) || isOneOf(owner, local) ? undefined : parseIdentity(owner);
    if (identity === undefined || seen.some((other) => sameIdentity(other, identity))) continue;
    seen.push(identity);
    const key = bestKey(
      known.filter(({ owners }) => owners.includes(owner)),
      'ike',
      local,
      [owner],
    );
    if (key !== undefined) yield { identity, psk: key.secret };
  }
}

function isOneOf(owner: string, names: readonly string[]): boolean {
  const identity = parseIdentity(owner);
  return names.some((name) => {
    const other = parseIdentity(name);
    return name === owner || (identity !== undefined && other !== undefined && sameIdentity(identity, other));
  });
}
