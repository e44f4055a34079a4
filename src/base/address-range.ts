import type { IpAddress } from './net.ts';
import { addressFamily, addressToInteger, parseAddress, parsePrefix, prefixRange } from './net.ts';

/** All addresses from one to another of the same family, both included. */
export type AddressRange = { readonly start: IpAddress; readonly end: IpAddress };

/** `192.0.2.0/24` or `192.0.2.1-192.0.2.9`; undefined for what is neither. */
export function parseAddressRange(text: string): AddressRange | undefined {
  const prefix = text.includes('/') ? parsePrefix(text) : undefined;
  if (prefix !== undefined) return prefixRange(prefix);
  const [start, end] = text.split('-').map((part) => parseAddress(part.trim()));
  if (start === undefined || end === undefined || !/^[^-]*-[^-]*$/.test(text)) return undefined;
  const ordered = addressFamily(start) === addressFamily(end) && addressToInteger(start) <= addressToInteger(end);
  return ordered ? { start, end } : undefined;
}

export function rangeContains({ start, end }: AddressRange, address: IpAddress): boolean {
  if (addressFamily(start) !== addressFamily(address)) return false;
  const value = addressToInteger(address);
  return addressToInteger(start) <= value && value <= addressToInteger(end);
}
