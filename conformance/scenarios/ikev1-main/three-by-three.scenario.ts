import { carries, FROM_A, MAIN } from '../../lab/presets.ts';
import { bothRoles } from '../../lab/roles.ts';
import type { Scenario } from '../../lab/scenario.ts';

export default bothRoles({
  title: 'three segments a side take nine Quick Modes, and every pair carries traffic',
  rfc: ['RFC 2409 §5.5', 'RFC 2407 §4.6.2'],
  topology: {
    a: { address: FROM_A.local, inner: ['10.0.192.32/20', '10.1.0.1/24', '172.20.0.1/22'] },
    b: { address: FROM_A.remote, inner: ['10.23.112.177/16', '192.168.7.1/24', '172.31.5.1/28'] },
  },
  link: {
    ...FROM_A,
    localSubnets: ['10.0.192.0/20', '10.1.0.0/24', '172.20.0.0/22'],
    remoteSubnets: ['10.23.0.0/16', '192.168.7.0/24', '172.31.5.0/28'],
  },
  cygnet: MAIN,
  strongswan: MAIN,
  steps: [
    { expect: 'sa-count', on: 'b', of: 'ike', is: 1 },
    ...carries({ children: 9, allPairs: true }),
    { expect: 'sa-count', on: 'a', of: 'children', is: 9 },
  ],
}) satisfies readonly Scenario[];
