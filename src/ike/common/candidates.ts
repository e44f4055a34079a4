import type { Endpoint, IpAddress } from '../../base/net.ts';
import type { Policies } from './policies.ts';
import type { TunnelPolicy } from './policy.ts';

/**
 * The tunnels that a peer at `remote` may mean when it writes to `local`, the most specific address first, and those for
 * many peers behind those for one. Which one it really is shows only with its identity.
 */
export function candidatesFor(policies: Policies, version: 1 | 2, local: Endpoint, remote: Endpoint): TunnelPolicy[] {
  const fits = (policy: TunnelPolicy) => policy.version === version && isOwnAddress(policy, local.address);
  return policies.towards(remote.address).filter(fits);
}

/** Whether the tunnel may be used at this address of ours. */
export function isOwnAddress(policy: TunnelPolicy, address: IpAddress): boolean {
  return policy.local.address === address || policy.local.alternatives?.includes(address) === true;
}
