import { GROUPS } from '../../lab/algorithms.ts';
import { carries } from '../../lab/presets.ts';
import { alternating, inRole } from '../../lab/roles.ts';
import type { Scenario } from '../../lab/scenario.ts';

export default GROUPS.map(([group, keyword], index) => {
  const suite = `aes128-sha1-${keyword}`;
  return {
    ...inRole(alternating(index), {
      title: `key exchange and PFS with group ${group}`,
      rfc: ['RFC 7296 §3.4', 'RFC 6989 §2'],
      cygnet: { ike: { dhGroup: group }, ipsec: { pfs: group } },
      strongswan: { ike: suite, esp: suite },
      steps: [{ expect: 'status', on: 'a', contains: { ike: { proposal: suite } } }, ...carries()],
    }),
    name: `${group}-${keyword}`,
  };
}) satisfies readonly Scenario[];
