import { readFileSync } from 'node:fs';
import type { AddressFamily } from '../base/net.ts';

/** Whether this machine forwards packets of the family between its interfaces; undefined where it does not tell. */
export function readForwarding(family: AddressFamily, root = '/proc/sys/net'): boolean | undefined {
  const path = family === 4 ? 'ipv4/ip_forward' : 'ipv6/conf/all/forwarding';
  try {
    return readFileSync(`${root}/${path}`, 'utf8').trim() !== '0';
  } catch {
    return undefined;
  }
}
