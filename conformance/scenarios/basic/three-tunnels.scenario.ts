import {
  carries,
  cygnetOf,
  FROM_A,
  mirrored,
  swanctl,
  THREE_BY_THREE,
  THREE_BY_THREE_SITES,
} from '../../lab/presets.ts';
import type { Scenario, Step } from '../../lab/scenario.ts';

/** Tunnels between the same gateways with the same identities: only the peer segments tell them apart. */
const link = { ...FROM_A, remoteSubnets: THREE_BY_THREE.remoteSubnets };
const tunnels = Object.fromEntries(
  link.remoteSubnets.map((subnet, index) => [`idc-${index + 1}`, { ...link, remoteSubnets: [subnet] }]),
);

const common = {
  rfc: ['RFC 7296 §1.2', 'RFC 7296 §2.9'],
  topology: { a: { ...THREE_BY_THREE_SITES.a, inner: ['10.0.192.32/20'] }, b: THREE_BY_THREE_SITES.b },
  // Its one connection has a Child SA for each tunnel, and makes an IKE SA for each of those.
  b: { strongswan: swanctl(mirrored(link), { pairs: true, charon: { reuse_ikesa: false } }) },
};

const allUp: readonly Step[] = [
  ...Object.entries(tunnels).map(
    ([tunnel, { remoteSubnets }]): Step => ({
      expect: 'status',
      on: 'a',
      tunnel,
      contains: { connectionStatus: 'connected', children: [{ remoteSubnets }] },
    }),
  ),
  ...carries({ children: 3, allPairs: true }),
  { expect: 'sa-count', on: 'b', of: 'ike', is: 3 },
];

export default [
  {
    ...common,
    name: 'initiator',
    title: 'Cygnet initiates three tunnels to one peer, which differ in nothing but their segments',
    a: { cygnet: cygnetOf(tunnels) },
    steps: allUp,
  },
  {
    ...common,
    name: 'responder',
    title: 'strongSwan initiates three tunnels to Cygnet, which differ in nothing but their segments',
    a: { cygnet: cygnetOf(tunnels, { start: 'respond' }) },
    steps: [{ do: 'up', on: 'b' }, ...allUp],
  },
  {
    ...common,
    name: 'one-after-the-other',
    title:
      'Cygnet starts three tunnels one by one: they have one IKE SA, so that strongSwan takes none for superfluous',
    a: { cygnet: cygnetOf(tunnels, { start: 'respond' }) },
    b: { strongswan: swanctl(mirrored(link), { pairs: true, connection: { unique: 'replace' } }) },
    steps: [
      ...Object.keys(tunnels).map((tunnel): Step => ({ do: 'show', on: 'a', command: ['cygnet', 'up', tunnel] })),
      { do: 'remember-spis' },
      { do: 'keep-pinging' },
      // It would delete a second one after 10 s.
      { expect: 'none-lost', atLeast: 400 },
      { expect: 'spis', of: 'ike', are: 'same' },
      { expect: 'sa-count', on: 'b', of: 'ike', is: 1 },
      ...carries({ children: 3, allPairs: true }),
    ],
  },
] satisfies readonly Scenario[];
