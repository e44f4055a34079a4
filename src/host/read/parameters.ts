import { readdirSync, readFileSync } from 'node:fs';
import type { HostFacts } from '../facts.ts';
import { readFailure } from './failure.ts';

const SYSCTL = '/proc/sys/net';

/** Of each interface, `all` and `default`. */
const OF_INTERFACES: Readonly<Record<'ipv4' | 'ipv6', readonly string[]>> = {
  ipv4: ['forwarding', 'rp_filter', 'send_redirects', 'accept_redirects', 'disable_xfrm'],
  ipv6: ['forwarding', 'accept_redirects'],
};

export function readParameters(): HostFacts['parameters'] {
  try {
    const values: Record<string, string> = { 'net.ipv4.ip_forward': value('ipv4/ip_forward') };
    for (const family of ['ipv4', 'ipv6'] as const) {
      for (const name of namesIn(`${SYSCTL}/${family}/conf`)) {
        for (const parameter of OF_INTERFACES[family]) {
          const key = `net.${family}.conf.${name.replaceAll('.', '/')}.${parameter}`;
          values[key] = value(`${family}/conf/${name}/${parameter}`);
        }
      }
    }
    return { known: true, value: values, source: SYSCTL };
  } catch (error) {
    return { known: false, source: SYSCTL, why: readFailure(error) };
  }
}

/** A kernel without IPv6 has no such directory. */
function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}

function value(path: string): string {
  return readFileSync(`${SYSCTL}/${path}`, 'utf8').trim();
}
