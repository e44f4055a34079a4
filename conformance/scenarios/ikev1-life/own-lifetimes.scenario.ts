import { AGGRESSIVE, MAIN } from '../../lab/presets.ts';
import { bothRoles } from '../../lab/roles.ts';
import type { Scenario, Step } from '../../lab/scenario.ts';

/** Short enough for a test: Cygnet replaces at the lifetime less two to four tenths of it. */
const SHORT = { lifetime: '20s' };

const childrenAnewTwice: readonly Step[] = [
  { do: 'keep-pinging' },
  { do: 'remember-spis' },
  { expect: 'spis', of: 'children', are: 'new' },
  { do: 'remember-spis' },
  { expect: 'spis', of: 'children', are: 'new' },
  { expect: 'spis', of: 'ike', are: 'same' },
  { expect: 'none-lost', atLeast: 400 },
  { expect: 'same-spis' },
  { expect: 'sealed' },
];

const phase1AnewTwice: readonly Step[] = [
  { do: 'keep-pinging' },
  { do: 'remember-spis' },
  { expect: 'spis', of: 'ike', are: 'new' },
  { expect: 'spis', of: 'children', are: 'same' },
  { do: 'remember-spis' },
  { expect: 'spis', of: 'ike', are: 'new' },
  { expect: 'spis', of: 'children', are: 'same' },
  { expect: 'none-lost', atLeast: 400 },
  { expect: 'same-spis' },
  { expect: 'sealed' },
];

export default [
  ...bothRoles({
    name: 'children',
    title: 'Cygnet replaces its Child SA before its lifetime ends: no packet is lost, the IKE SA stays',
    rfc: ['RFC 2407 §4.5.4', 'RFC 2409 §5.5'],
    cygnet: { ...MAIN, ipsec: SHORT, shortLifetimes: true },
    strongswan: MAIN,
    steps: childrenAnewTwice,
  }),
  ...bothRoles({
    name: 'children-no-pfs',
    title: 'Cygnet replaces its Child SA without PFS: no packet is lost, the IKE SA stays',
    rfc: ['RFC 2407 §4.5.4', 'RFC 2409 §5.5'],
    cygnet: { ...MAIN, ipsec: { ...SHORT, pfs: 'none' }, shortLifetimes: true },
    strongswan: { ...MAIN, esp: 'aes128-sha1' },
    steps: childrenAnewTwice,
  }),
  ...bothRoles({
    name: 'ike-main',
    title: 'Cygnet negotiates phase 1 anew in Main Mode before its lifetime ends: the Child SA is not touched',
    rfc: ['RFC 2409 §5.4'],
    cygnet: { ...MAIN, ike: SHORT, shortLifetimes: true },
    strongswan: MAIN,
    steps: phase1AnewTwice,
  }),
  ...bothRoles({
    name: 'ike-aggressive',
    title: 'Cygnet negotiates phase 1 anew in Aggressive Mode before its lifetime ends: the Child SA is not touched',
    rfc: ['RFC 2409 §5.4'],
    cygnet: { ...AGGRESSIVE, ike: SHORT, shortLifetimes: true },
    strongswan: AGGRESSIVE,
    steps: phase1AnewTwice,
  }),
] satisfies readonly Scenario[];
