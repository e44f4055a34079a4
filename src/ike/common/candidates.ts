import type { Endpoint, IpAddress } from '../../base/net.ts';
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
    isOwnAddress(policy, local.address) &&
    (policy.remote.address.kind !== 'address' || policy.remote.address.address === remote.address);
  return [...policies].filter(fits).sort((a, b) => RANK[a.remote.address.kind] - RANK[b.remote.address.kind]);
}

/** Whether the tunnel may be used at this address of ours. */
export function isOwnAddress(policy: TunnelPolicy, address: IpAddress): boolean {
  return policy.local.address === address || policy.local.alternatives?.includes(address) === true;
}

const RANK: { readonly [Kind in PeerAddress['kind']]: number } = { address: 0, name: 1, any: 2 };
