import type { AddressFamily, IpAddress } from '../base/net.ts';
import { addressFamily, addressToInteger } from '../base/net.ts';
import type { TrafficSelector } from '../sa/traffic-selector.ts';
import { RTM_NEWADDR } from './constants.ts';
import type { NetlinkClient } from './netlink-client.ts';
import { contents } from './netlink-client.ts';
import { encodeDumpAddresses, parseLocalAddress } from './route-messages.ts';

/** The own addresses of a family that can be a source. */
export function ownAddresses(client: NetlinkClient, family: AddressFamily): readonly IpAddress[] {
  return contents(client.request(encodeDumpAddresses(family)), RTM_NEWADDR, parseLocalAddress);
}

/** The first of the addresses that lies within the selectors. */
export function firstWithin(
  addresses: readonly IpAddress[],
  selectors: readonly TrafficSelector[],
): IpAddress | undefined {
  return addresses.find((address) => selectors.some((selector) => coversAddress(selector, address)));
}

export function coversAddress(selector: TrafficSelector, address: IpAddress): boolean {
  if (addressFamily(selector.start) !== addressFamily(address)) return false;
  const value = addressToInteger(address);
  return addressToInteger(selector.start) <= value && value <= addressToInteger(selector.end);
}
