import type { Many } from '../../ike/common/policy.ts';
import type { Expected } from '../../sa/identity-pattern.ts';
import { keysOfMany } from '../import/keys-of-many.ts';
import { bestKey, type LoadedKey } from './loaded-key.ts';

/** What the keys of a connection are looked for by: the names of its two ends. */
type Use = {
  readonly kind: LoadedKey['kind'];
  readonly ends: readonly [local: readonly string[], remote: readonly string[]];
};

/** The keys of the peers that a loaded connection serves, which are those of this name. */
export function keysOfPeers(many: Many, expected: Expected, uses: readonly Use[], keys: readonly LoadedKey[]): Many {
  const use = uses.find(({ kind }) => kind === 'ike');
  const [local, remote] = use?.ends ?? [[], []];
  const known = keys.filter(({ kind }) => kind === 'ike');
  const only = many.keys[0];
  if (only !== undefined) {
    const key = bestKey(known, 'ike', local, remote);
    return { ...many, keys: key === undefined ? [] : [{ identity: only.identity, psk: key.secret }] };
  }
  const { own, common } = keysOfMany(known, local, expected);
  return {
    limit: many.limit,
    keys: own.map(({ identity, key }) => ({ identity, psk: key.secret })),
    ...(common === undefined ? {} : { common: common.secret }),
  };
}

export function hasKeys({ keys, common }: Many): boolean {
  return keys.length > 0 || common !== undefined;
}
