import { carries, MAIN } from '../../lab/presets.ts';
import { alternating, inRole } from '../../lab/roles.ts';
import type { Scenario } from '../../lab/scenario.ts';

/** Every Diffie-Hellman group of both sides' tables: number, and strongSwan's keyword. */
const GROUPS: readonly (readonly [number, string])[] = [
  [1, 'modp768'],
  [2, 'modp1024'],
  [5, 'modp1536'],
  [14, 'modp2048'],
  [15, 'modp3072'],
  [16, 'modp4096'],
  [17, 'modp6144'],
  [18, 'modp8192'],
  [19, 'ecp256'],
  [20, 'ecp384'],
  [21, 'ecp521'],
  [24, 'modp2048s256'],
  [31, 'curve25519'],
];

export default GROUPS.map(([group, keyword], index) => ({
  ...inRole(alternating(index), {
    title: `phase 1 and PFS with group ${group}`,
    rfc: ['RFC 2409 §6', 'RFC 3526', 'RFC 5114 §2.3', 'RFC 5903 §3'],
    cygnet: { ...MAIN, ike: { dhGroup: group }, ipsec: { pfs: group } },
    strongswan: { ...MAIN, ike: `aes128-sha1-${keyword}`, esp: `aes128-sha1-${keyword}` },
    steps: [{ expect: 'status', on: 'a', contains: { ike: { proposal: `aes128-sha1-${keyword}` } } }, ...carries()],
  }),
  name: `${group}-${keyword}`,
})) satisfies readonly Scenario[];
