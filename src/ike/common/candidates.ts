import type { Endpoint, IpAddress } from '../../base/net.ts';
import type { Identity } from '../../sa/identity.ts';
import type { Context } from './context.ts';
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

type Path = { readonly local: Endpoint; readonly remote: Endpoint };

/**
 * Of those that the peer may start now one for all that are the same to it before it has said who it is: thousands may
 * differ in nothing else.
 */
export function firstCandidates(ctx: Context, version: 1 | 2, { local, remote }: Path): readonly TunnelPolicy[] {
  const willDo = (policy: TunnelPolicy) =>
    policy.version === version && isOwnAddress(policy, local.address) && ctx.admits(policy);
  return ctx.policies.towardsFirst(local.address, remote.address, willDo);
}

/** Of those that the peer may start now the ones that may be for it, by what it says of itself. */
export function candidatesNamed(
  ctx: Context,
  version: 1 | 2,
  { local, remote }: Path,
  identity: Identity,
): TunnelPolicy[] {
  return ctx.policies
    .towardsNamed(remote.address, identity)
    .filter((policy) => policy.version === version && isOwnAddress(policy, local.address) && ctx.admits(policy));
}

/** Whether the tunnel may be used at this address of ours. */
export function isOwnAddress(policy: TunnelPolicy, address: IpAddress): boolean {
  return policy.local.address === address || policy.local.alternatives?.includes(address) === true;
}
