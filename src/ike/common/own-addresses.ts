import type { IpAddress } from '../../base/net.ts';
import type { TrafficSelector } from '../../sa/traffic-selector.ts';
import type { TunnelPolicy } from './policy.ts';

/** What a gateway can be reached at now: `address` is the one to use, `others` are there as well. */
export type OwnAddresses = { readonly address: IpAddress; readonly others: readonly IpAddress[] };

export function holds({ address, others }: OwnAddresses, one: IpAddress): boolean {
  return address === one || others.includes(one);
}

/** The tunnels as they are to be used where the machine has these addresses, by gateway. */
export function withOwnAddresses(
  tunnels: readonly TunnelPolicy[],
  known: ReadonlyMap<string, OwnAddresses>,
): TunnelPolicy[] {
  return tunnels.map((policy) => {
    const own = known.get(policy.gateway);
    if (own === undefined) return policy;
    const selectors = movedSelectors(policy, own.address);
    return { ...policy, local: { ...policy.local, selectors, address: own.address, alternatives: own.others } };
  });
}

function movedSelectors({ local }: TunnelPolicy, address: IpAddress): readonly TrafficSelector[] {
  if (local.dynamic === undefined || address === local.address) return local.selectors;
  const isHost = ({ start, end }: TrafficSelector) => start === local.address && end === local.address;
  return local.selectors.map((selector) =>
    isHost(selector) ? { ...selector, start: address, end: address } : selector,
  );
}
