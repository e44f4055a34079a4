import { AGGRESSIVE, MAIN } from '../../lab/presets.ts';
import { anew, underTraffic } from '../../lab/replacement.ts';
import { bothRoles } from '../../lab/roles.ts';
import type { Scenario } from '../../lab/scenario.ts';

/** Short enough for a test: Cygnet replaces at the lifetime less two to four tenths of it. */
const SHORT = { lifetime: '20s' };

export default [
  ...bothRoles({
    name: 'children',
    title: 'Cygnet replaces its Child SA before its lifetime ends: no packet is lost, the IKE SA stays',
    rfc: ['RFC 2407 §4.5.4', 'RFC 2409 §5.5'],
    cygnet: { ...MAIN, ipsec: SHORT, shortLifetimes: true },
    strongswan: MAIN,
    steps: [...underTraffic(anew('children', 2), 400), { expect: 'same-spis' }],
  }),
  ...bothRoles({
    name: 'children-no-pfs',
    title: 'Cygnet replaces its Child SA without PFS: no packet is lost, the IKE SA stays',
    rfc: ['RFC 2407 §4.5.4', 'RFC 2409 §5.5'],
    cygnet: { ...MAIN, ipsec: { ...SHORT, pfs: 'none' }, shortLifetimes: true },
    strongswan: { ...MAIN, esp: 'aes128-sha1' },
    steps: [...underTraffic(anew('children', 2), 400), { expect: 'same-spis' }],
  }),
  ...bothRoles({
    name: 'ike-main',
    title: 'Cygnet negotiates phase 1 anew in Main Mode before its lifetime ends: the Child SA is not touched',
    rfc: ['RFC 2409 §5.4'],
    cygnet: { ...MAIN, ike: SHORT, shortLifetimes: true },
    strongswan: MAIN,
    steps: [...underTraffic(anew('ike', 2), 400), { expect: 'same-spis' }],
  }),
  ...bothRoles({
    name: 'ike-aggressive',
    title: 'Cygnet negotiates phase 1 anew in Aggressive Mode before its lifetime ends: the Child SA is not touched',
    rfc: ['RFC 2409 §5.4'],
    cygnet: { ...AGGRESSIVE, ike: SHORT, shortLifetimes: true },
    strongswan: AGGRESSIVE,
    steps: [...underTraffic(anew('ike', 2), 400), { expect: 'same-spis' }],
  }),
] satisfies readonly Scenario[];
