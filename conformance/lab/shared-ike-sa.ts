import {
  carries,
  cygnetOf,
  FROM_A,
  mirrored,
  swanctlOf,
  THREE_BY_THREE,
  THREE_BY_THREE_SITES,
  type Version1,
} from './presets.ts';
import { anew, rekey, underTraffic } from './replacement.ts';
import type { Scenario, Step } from './scenario.ts';

/** Tunnels to one peer that differ in nothing but its segments; strongSwan has a connection for each. */
const links = Object.fromEntries(
  THREE_BY_THREE.remoteSubnets.map((subnet, index) => [`idc-${index + 1}`, { ...FROM_A, remoteSubnets: [subnet] }]),
);
const mirrors = Object.fromEntries(Object.entries(links).map(([name, link]) => [name, mirrored(link)]));

const allUp: readonly Step[] = [
  ...Object.keys(links).map(isUp),
  ...carries({ children: 3, allPairs: true }),
  { expect: 'sa-count', on: 'b', of: 'ike', is: 1 },
];

/** strongSwan makes the Child SAs of all of them by the IKE SA of the first, as it does by default (reuse_ikesa). */
export function sharedIkeSas(version: Partial<Version1>, rfc: readonly string[]): readonly Scenario[] {
  const common = {
    rfc,
    topology: { a: { ...THREE_BY_THREE_SITES.a, inner: ['10.0.192.32/20'] }, b: THREE_BY_THREE_SITES.b },
    a: { cygnet: cygnetOf(links, { ...version, start: 'respond' }) },
    b: { strongswan: swanctlOf(mirrors, version) },
  } as const;
  return [
    {
      ...common,
      name: 'rekeyed',
      title: 'strongSwan brings up three tunnels over one IKE SA, and rekeys that and the Child SAs: no packet is lost',
      steps: [
        { do: 'up', on: 'b' },
        ...allUp,
        ...underTraffic([...anew('children', 1, rekey('children')), ...anew('ike', 1, rekey('ike'))], 60),
        // Of IKEv1's Child SAs, the replaced ones end with their lifetime.
        { expect: 'pings', allPairs: true },
        { expect: 'sa-count', on: 'b', of: 'ike', is: 1 },
        ...Object.keys(links).map((tunnel): Step => ({ expect: 'status', on: 'a', tunnel, contains: CONNECTED })),
      ],
    },
    {
      ...common,
      name: 'one-taken-down',
      title: 'Cygnet takes down the first of three tunnels over one IKE SA: the others stay, and it can come back',
      steps: [
        { do: 'up', on: 'b' },
        ...allUp,
        { do: 'show', on: 'a', command: ['cygnet', 'down', 'idc-1'] },
        { expect: 'sa-count', on: 'b', of: 'children', is: 2 },
        { expect: 'sa-count', on: 'b', of: 'ike', is: 1 },
        isUp('idc-2'),
        isUp('idc-3'),
        { expect: 'same-spis', children: 2 },
        { expect: 'pings', count: 1, lost: true },
        { do: 'rekey', on: 'b', what: 'ike' },
        { expect: 'same-spis', children: 2 },
        { do: 'show', on: 'a', command: ['cygnet', 'up', 'idc-1'] },
        isUp('idc-1'),
        { expect: 'same-spis', children: 3 },
        { expect: 'pings', allPairs: true },
      ],
    },
    {
      ...common,
      name: 'one-deleted-by-peer',
      title: 'strongSwan deletes the Child SA of one of three tunnels over one IKE SA: the others stay',
      steps: [
        { do: 'up', on: 'b' },
        ...allUp,
        { do: 'delete-children', on: 'b', only: 'idc-2' },
        { expect: 'status', on: 'a', tunnel: 'idc-2', contains: { connectionStatus: 'waiting', children: [] } },
        isUp('idc-1'),
        isUp('idc-3'),
        { expect: 'same-spis', children: 2 },
        { expect: 'pings' },
      ],
    },
    {
      ...common,
      name: 'peer-started-anew',
      title: 'strongSwan loses three tunnels over one IKE SA and brings them up again: nothing of the old ones is left',
      steps: [
        { do: 'up', on: 'b' },
        ...allUp,
        { do: 'power-off', on: 'b' },
        { do: 'start', on: 'b' },
        { do: 'up', on: 'b' },
        ...allUp,
        ...Object.keys(links).map((tunnel): Step => ({ expect: 'status', on: 'a', tunnel, contains: ONE_CHILD })),
      ],
    },
  ];
}

const CONNECTED = { connectionStatus: 'connected', ike: { state: 'established' } };
const ONE_CHILD = { ike: { state: 'established' }, children: [{}] };

function isUp(tunnel: string): Step {
  const remoteSubnets = links[tunnel]?.remoteSubnets;
  return {
    expect: 'status',
    on: 'a',
    tunnel,
    contains: { connectionStatus: 'connected', children: [{ remoteSubnets }] },
  };
}
