import type { Secret } from '../../base/secret.ts';
import { type Identity, identityKey } from '../../sa/identity.ts';
import type { Many } from './policy.ts';

/** Of a tunnel for many peers the key that is configured for this one alone; there may be thousands of them. */
export function ownKey({ keys }: Many, identity: Identity): Secret | undefined {
  const byIdentity = known.get(keys) ?? new Map(keys.toReversed().map((key) => [identityKey(key.identity), key.psk]));
  known.set(keys, byIdentity);
  return byIdentity.get(identityKey(identity));
}

/** They are put in order once: the list of a tunnel never changes. */
const known = new WeakMap<Many['keys'], ReadonlyMap<string, Secret>>();
