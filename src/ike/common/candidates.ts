import type { Endpoint } from '../../base/net.ts';
import type { PeerAddress, TunnelPolicy } from './policy.ts';

/**
 * The tunnels that a peer at `remote` may mean when it writes to `local`, the most specific address first. Which one
 * it really is shows only with its identity.
 */
export function candidatesFor(
  policies: Iterable<TunnelPolicy>,
  version: 1 | 2,
  local: Endpoint,
  remote: Endpoint,
): TunnelPolicy[] {
  const fits = (policy: TunnelPolicy) =>
    policy.version === version &&
    policy.local.address === local.address &&
    (policy.remote.address.kind !== 'address' || policy.remote.address.address === remote.address);
  return [...policies].filter(fits).sort((a, b) => RANK[a.remote.address.kind] - RANK[b.remote.address.kind]);
}

const RANK: { readonly [Kind in PeerAddress['kind']]: number } = { address: 0, name: 1, any: 2 };
