import { parseAddressRange, rangeContains } from '../../base/address-range.ts';
import type { IpAddress } from '../../base/net.ts';
import type { OwnAddresses } from '../../config/loaded/own-addresses.ts';
import type { AddressSource } from '../local-addresses.ts';

/** The addresses of this machine for connections that leave open which one to use. */
export function ownAddresses(source: AddressSource): OwnAddresses {
  return {
    towards: (remote) => source.towards?.(remote),
    all: () => source.addresses().filter(isReachable),
  };
}

/** No peer calls a loopback, or an address that is nothing without an interface. */
function isReachable(address: IpAddress): boolean {
  return !LOCAL.some((range) => rangeContains(range, address));
}

const LOCAL = ['127.0.0.0/8', '169.254.0.0/16', '::1/128', 'fe80::/10'].flatMap(
  (text) => parseAddressRange(text) ?? [],
);
