import type { AddressFamily, IpAddress } from '../base/net.ts';
import { addressFamily, addressToInteger } from '../base/net.ts';
import type { TrafficSelector } from '../sa/traffic-selector.ts';
import { RTM_NEWADDR } from './constants.ts';
import type { NetlinkClient } from './netlink-client.ts';
import { contents } from './netlink-client.ts';
import { encodeDumpAddresses, parseLocalAddress } from './route-messages.ts';

/** An own address within the selectors, where there is one. */
export function sourceWithin(
  client: NetlinkClient,
  selectors: readonly TrafficSelector[],
  family: AddressFamily,
): IpAddress | undefined {
  if (selectors.length === 0) return undefined;
  const answer = client.request(encodeDumpAddresses(family));
  return contents(answer, RTM_NEWADDR, parseLocalAddress).find((address) =>
    selectors.some((selector) => coversAddress(selector, address)),
  );
}

export function coversAddress(selector: TrafficSelector, address: IpAddress): boolean {
  if (addressFamily(selector.start) !== addressFamily(address)) return false;
  const value = addressToInteger(address);
  return addressToInteger(selector.start) <= value && value <= addressToInteger(selector.end);
}
