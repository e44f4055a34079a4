import {
  carries,
  cygnetOf,
  FROM_A,
  MAIN,
  mirrored,
  swanctl,
  THREE_BY_THREE,
  THREE_BY_THREE_SITES,
} from '../../lab/presets.ts';
import type { Scenario } from '../../lab/scenario.ts';

const link = { ...FROM_A, remoteSubnets: THREE_BY_THREE.remoteSubnets };
const tunnels = Object.fromEntries(
  link.remoteSubnets.map((subnet, index) => [`idc-${index + 1}`, { ...link, remoteSubnets: [subnet] }]),
);

/** Were there several IKE SAs, strongSwan would take each for the successor of the one before, and delete that after 10 s. */
export default {
  title: 'Cygnet initiates three tunnels to one peer: they have one IKE SA, and it stays',
  rfc: ['RFC 2409 §5.5'],
  topology: { a: { ...THREE_BY_THREE_SITES.a, inner: ['10.0.192.32/20'] }, b: THREE_BY_THREE_SITES.b },
  a: { cygnet: cygnetOf(tunnels, MAIN) },
  b: { strongswan: swanctl(mirrored(link), { ...MAIN, pairs: true }) },
  steps: [
    { expect: 'sa-count', on: 'b', of: 'children', is: 3 },
    ...carries({ children: 3, allPairs: true }),
    { do: 'remember-spis' },
    { do: 'keep-pinging' },
    { expect: 'none-lost', atLeast: 400 },
    { expect: 'spis', of: 'ike', are: 'same' },
    { expect: 'sa-count', on: 'b', of: 'ike', is: 1 },
  ],
} satisfies Scenario;
