import { THREE_BY_THREE, THREE_BY_THREE_SITES } from '../../lab/presets.ts';
import { anew, rekey, underTraffic } from '../../lab/replacement.ts';
import { bothRoles, inRole } from '../../lab/roles.ts';
import type { Scenario } from '../../lab/scenario.ts';

export default [
  ...bothRoles({
    name: 'children',
    title: 'strongSwan rekeys the Child SA three times with PFS: no packet is lost, the IKE SA stays',
    rfc: ['RFC 7296 §1.3.3', 'RFC 7296 §2.8'],
    steps: [...underTraffic(anew('children', 3, rekey('children')), 150), { expect: 'same-spis' }],
  }),
  inRole('responder', {
    name: 'children-no-pfs',
    title: 'strongSwan rekeys a Child SA of three segments a side without PFS: all of them are in the new one',
    rfc: ['RFC 7296 §1.3.3', 'RFC 7296 §2.17'],
    topology: THREE_BY_THREE_SITES,
    link: THREE_BY_THREE,
    cygnet: { ipsec: { pfs: 'none' } },
    strongswan: { esp: 'aes128-sha1' },
    steps: [
      ...underTraffic(anew('children', 2, rekey('children')), 100),
      { expect: 'same-spis' },
      { expect: 'pings', allPairs: true, count: 1 },
    ],
  }),
  ...bothRoles({
    name: 'ike',
    title: 'strongSwan rekeys the IKE SA twice: the Child SA is not touched, and the new IKE SA rekeys it',
    rfc: ['RFC 7296 §1.3.2', 'RFC 7296 §2.18'],
    steps: [
      ...underTraffic([...anew('ike', 2, rekey('ike')), ...anew('children', 1, rekey('children'))], 150),
      { expect: 'same-spis' },
      { expect: 'sa-count', on: 'b', of: 'ike', is: 1 },
    ],
  }),
] satisfies readonly Scenario[];
