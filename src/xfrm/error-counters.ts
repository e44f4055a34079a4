import { readFileSync } from 'node:fs';

/**
 * What the kernel's IPsec has refused since it was booted, by the kernel's own names, such as `XfrmInNoStates`. Empty
 * where it does not count (CONFIG_XFRM_STATISTICS).
 */
export function readXfrmErrors(path = '/proc/net/xfrm_stat'): ReadonlyMap<string, number> {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    return new Map();
  }
  return new Map([...text.matchAll(/^(\w+)\s+(\d+)$/gm)].map(([, name = '', count]) => [name, Number(count)]));
}
