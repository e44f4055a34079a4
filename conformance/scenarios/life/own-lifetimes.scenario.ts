import { THREE_BY_THREE, THREE_BY_THREE_SITES } from '../../lab/presets.ts';
import { anew, underTraffic } from '../../lab/replacement.ts';
import { bothRoles, inRole } from '../../lab/roles.ts';
import type { Scenario } from '../../lab/scenario.ts';

/** Short enough for a test: Cygnet replaces at the lifetime less two to four tenths of it. */
const SHORT = { lifetime: '12s' };
/** What is replaced may be used for 5 s more; from then on, there is one until the next is due. */
const LONGER = { lifetime: '16s' };

export default [
  ...bothRoles({
    name: 'children',
    title: 'Cygnet rekeys its Child SA with PFS before its lifetime ends: no packet is lost, the IKE SA stays',
    rfc: ['RFC 7296 §1.3.3', 'RFC 7296 §2.8'],
    cygnet: { ipsec: LONGER, shortLifetimes: true },
    steps: [...underTraffic(anew('children', 2), 300), { expect: 'same-spis' }],
  }),
  inRole('responder', {
    name: 'children-no-pfs',
    title: 'Cygnet rekeys a Child SA of three segments a side without PFS: all of them are in the new one',
    rfc: ['RFC 7296 §1.3.3', 'RFC 7296 §2.17'],
    topology: THREE_BY_THREE_SITES,
    link: THREE_BY_THREE,
    cygnet: { ipsec: { ...SHORT, pfs: 'none' }, shortLifetimes: true },
    strongswan: { esp: 'aes128-sha1' },
    steps: [...underTraffic(anew('children', 1), 150), { expect: 'pings', allPairs: true, count: 1 }],
  }),
  ...bothRoles({
    name: 'ike',
    title: 'Cygnet rekeys its IKE SA before its lifetime ends: the Child SA is not touched',
    rfc: ['RFC 7296 §1.3.2', 'RFC 7296 §2.18'],
    cygnet: { ike: SHORT, shortLifetimes: true },
    steps: [...underTraffic(anew('ike', 2), 250), { expect: 'same-spis' }],
  }),
  inRole('initiator', {
    name: 'all',
    title: 'Cygnet rekeys its IKE SA and its Child SA again and again: no packet is lost',
    rfc: ['RFC 7296 §2.8', 'RFC 7296 §2.18'],
    cygnet: { ike: { lifetime: '20s' }, ipsec: SHORT, shortLifetimes: true },
    steps: underTraffic(
      [
        { do: 'remember-spis' },
        { expect: 'spis', of: 'children', are: 'new' },
        { expect: 'spis', of: 'ike', are: 'new' },
        { do: 'remember-spis' },
        { expect: 'spis', of: 'ike', are: 'new' },
        { expect: 'spis', of: 'children', are: 'new' },
      ],
      450,
    ),
  }),
] satisfies readonly Scenario[];
