import { GROUPS } from '../../lab/algorithms.ts';
import { carries, MAIN } from '../../lab/presets.ts';
import { alternating, inRole } from '../../lab/roles.ts';
import type { Scenario } from '../../lab/scenario.ts';

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
