import { addressFromInteger, parsePrefix } from '../../base/net.ts';

/** An IPv4 prefix as devices write it: `192.168.1.0 255.255.255.0`, and with the bits turned round for access lists. */
export function masks(subnet: string): { readonly network: string; readonly mask: string; readonly wildcard: string } {
  const prefix = parsePrefix(subnet);
  if (prefix === undefined || subnet.includes(':'))
    return { network: subnet, mask: '<no IPv4>', wildcard: '<no IPv4>' };
  const host = (1n << BigInt(32 - prefix.length)) - 1n;
  return {
    network: prefix.address,
    mask: addressFromInteger(0xffff_ffffn - host, 4),
    wildcard: addressFromInteger(host, 4),
  };
}
