import type { IpAddress } from '../../../base/net.ts';
import type { Secret } from '../../../base/secret.ts';
import { constantTimeEqual } from '../../../crypto/constant-time.ts';
import { addressIdentity, sameIdentity } from '../../../sa/identity.ts';
import type { Many, TunnelPolicy } from '../../common/policy.ts';

/** More different keys than this are not tried: each costs a few hashes and a decryption. */
export const MAX_KEYS = 256;

/** A key, and the tunnels that have it. */
export type KeyGroup = { readonly psk: Secret; readonly policies: readonly TunnelPolicy[] };

/**
 * The keys that a peer at `address` may have, as Main Mode tells who it is only to those who know its key. RFC 2409 §5.4
 * has it found by the address: of the keys of a tunnel for many peers, the one whose identity is that address comes first,
 * and the common one next.
 */
export function keysOf(candidates: readonly TunnelPolicy[], address: IpAddress): KeyGroup[] {
  const groups: { readonly psk: Secret; readonly policies: TunnelPolicy[] }[] = [];
  for (const policy of candidates) {
    const keys = policy.many === undefined ? [policy.psk] : keysOfMany(policy.many, address);
    for (const psk of keys) {
      const group = groups.find((one) => constantTimeEqual(one.psk.expose(), psk.expose()));
      if (group === undefined) groups.push({ psk, policies: [policy] });
      else if (!group.policies.includes(policy)) group.policies.push(policy);
    }
  }
  return groups.slice(0, MAX_KEYS);
}

function keysOfMany({ keys, common }: Many, address: IpAddress): Secret[] {
  const here = addressIdentity(address);
  const byAddress = keys.find(({ identity }) => sameIdentity(identity, here));
  const others = keys.filter((key) => key !== byAddress).slice(0, MAX_KEYS);
  return [byAddress?.psk, common, ...others.map(({ psk }) => psk)].flatMap((psk) => psk ?? []);
}
