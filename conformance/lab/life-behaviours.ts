import { BEHIND_NAT_B, IN_UDP, knowsNat, NAT_OF_B } from './nat.ts';
import {
  type CygnetOptions,
  carries,
  cygnet,
  direct,
  FROM_A,
  MAIN,
  mirrored,
  swanctl,
  type Version1,
} from './presets.ts';
import { anew, underTraffic } from './replacement.ts';
import type { Action, Carrier, SaKind, Scenario, SideName, Step } from './scenario.ts';

/** What carries the packets at Cygnet's side, and the IKE version. */
type Variant = { readonly dataplane: Carrier; readonly version: Partial<Version1>; readonly rfc: readonly string[] };
type Behaviour = { readonly name: string; readonly scenario: (variant: Variant) => Omit<Scenario, 'name'> };

/** What a tunnel does in its life, in either IKE version, whatever carries its packets. */
export function lifeBehaviours(dataplane: Carrier): readonly Scenario[] {
  return VERSIONS.flatMap(({ name, version, rfc }) =>
    BEHAVIOURS.map((behaviour) => ({
      ...behaviour.scenario({ dataplane, version, rfc }),
      name: `${name}-${behaviour.name}`,
    })),
  );
}

const VERSIONS = [
  { name: 'ikev2', version: {}, rfc: ['RFC 7296'] },
  { name: 'ikev1', version: MAIN, rfc: ['RFC 2409'] },
] as const;

const WITHDRAWN: Step = { expect: 'route', on: 'a', to: '10.23.0.0/16', present: false };
const LOST: Step = { expect: 'pings', from: 'a', count: 1, lost: true };

const BEHAVIOURS: readonly Behaviour[] = [
  {
    name: 'up-and-down',
    scenario: (variant) => ({
      ...gateways(variant, { start: 'respond' }),
      title: 'commands bring the tunnel up and down, and the stopped daemon leaves nothing of its own and all else',
      start: ['b'],
      steps: [
        { do: 'foreign-state', on: 'a' },
        { do: 'start', on: 'a' },
        LOST,
        { do: 'up', on: 'a' },
        { expect: 'connected', on: 'both' },
        ...carries(),
        { expect: 'route', on: 'a', to: '10.23.0.0/16', present: true },
        { expect: 'exit-status', on: 'a', of: ['status'], is: 0 },
        { do: 'down', on: 'a' },
        { expect: 'nothing-installed', on: 'both' },
        { expect: 'sa-count', on: 'b', of: 'ike', is: 0 },
        WITHDRAWN,
        LOST,
        { do: 'up', on: 'a' },
        { expect: 'connected', on: 'both' },
        { expect: 'pings' },
        { expect: 'sealed' },
        { do: 'stop', on: 'a' },
        { expect: 'nothing-left', on: 'a' },
        { expect: 'nothing-installed', on: 'b' },
        { expect: 'foreign-untouched', on: 'a' },
        { do: 'start', on: 'a' },
      ],
    }),
  },
  {
    name: 'rekeyed',
    scenario: (variant) => ({
      ...gateways(variant),
      title: 'either end rekeys the Child SA and the IKE SA while packets cross: none is lost',
      steps: [
        { expect: 'connected', on: 'both' },
        ...underTraffic([...replacedBy('b'), ...replacedBy('a')], 150),
        { expect: 'pings' },
        ...(variant.version.version === 1 ? [] : [{ expect: 'same-spis' } as const]),
      ],
    }),
  },
  {
    name: 'deleted-by-peer',
    scenario: (variant) => ({
      ...gateways(variant, { start: 'respond' }),
      title: 'the peer brings the tunnel up, deletes its Child SA, then everything: it waits, and comes back each time',
      steps: [
        { do: 'up', on: 'b' },
        { expect: 'connected', on: 'both' },
        ...carries(),
        { do: 'remember-spis' },
        { do: 'delete-children', on: 'b' },
        { expect: 'nothing-installed', on: 'both' },
        { expect: 'status', on: 'a', contains: { ike: { state: 'established' }, children: [] } },
        LOST,
        { do: 'up', on: 'b' },
        { expect: 'connected', on: 'both' },
        { expect: 'spis', of: 'ike', are: 'same' },
        ...carries(),
        { do: 'down', on: 'b' },
        { expect: 'nothing-installed', on: 'both' },
        { expect: 'status', on: 'a', contains: { ike: null, children: [] } },
        WITHDRAWN,
        LOST,
        { do: 'up', on: 'b' },
        { expect: 'connected', on: 'both' },
        ...carries(),
      ],
    }),
  },
  {
    name: 'dead-peer',
    scenario: (variant) => ({
      ...gateways(variant, { tunnel: { dpd: { delay: '2s', timeout: '6s', action: 'restart' } } }),
      title:
        'the peer dies without a word and is started again: it is noticed, nothing leaves in clear, all comes back',
      steps: [
        { expect: 'connected', on: 'both' },
        { do: 'power-off', on: 'b' },
        { expect: 'nothing-installed', on: 'a' },
        LOST,
        { do: 'start', on: 'b' },
        { expect: 'connected', on: 'both' },
        ...carries(),
      ],
    }),
  },
  {
    name: 'on-traffic',
    scenario: (variant) => ({
      ...gateways(variant, { start: 'on-traffic' }),
      title: 'the first packet brings the tunnel up; the peer deletes it, and the next packet brings it up again',
      steps: [
        { expect: 'status', on: 'a', contains: { ...WAITING, ike: null, attempt: 0, reason: { code: 'no-traffic' } } },
        { expect: 'route', on: 'a', to: '10.23.0.0/16', present: true },
        ...startedByAPacket,
        { do: 'remember-spis' },
        { do: 'down', on: 'b' },
        { expect: 'sa-count', on: 'a', of: 'children', is: 0 },
        { expect: 'status', on: 'a', contains: WAITING },
        ...startedByAPacket,
        { expect: 'spis', of: 'children', are: 'new' },
      ],
    }),
  },
  {
    name: 'peer-behind-nat',
    scenario: ({ dataplane, version, rfc }) => ({
      title: 'the peer is behind NAT, initiates, and both ends rekey under traffic: ESP travels in UDP',
      rfc: [...rfc, 'RFC 3948 §2'],
      topology: NAT_OF_B,
      a: { cygnet: cygnet(FROM_A, { ...version, dataplane, start: 'respond' }) },
      b: { strongswan: swanctl(BEHIND_NAT_B, version) },
      steps: [
        { do: 'up', on: 'b' },
        { expect: 'connected', on: 'both' },
        ...carries(),
        IN_UDP,
        knowsNat('a', 'remote'),
        { expect: 'pings', size: 1472, fragmentation: 'dont' },
        ...underTraffic(
          [...anew('children', 1, rekeyOn('b', 'children')), ...anew('children', 1, rekeyOn('a', 'children'))],
          60,
        ),
      ],
    }),
  },
  {
    name: 'behind-nat',
    scenario: ({ dataplane, version, rfc }) => ({
      title: 'Cygnet is behind NAT, initiates, and both ends rekey under traffic: ESP travels in UDP',
      rfc: [...rfc, 'RFC 3948 §2'],
      topology: NAT_OF_B,
      a: { strongswan: swanctl(FROM_A, version) },
      b: { cygnet: cygnet(BEHIND_NAT_B, { ...version, dataplane, gateway: { publicAddress: FROM_A.remote } }) },
      start: ['a', 'b'],
      steps: [
        { expect: 'connected', on: 'both' },
        ...carries(),
        IN_UDP,
        knowsNat('b', 'local'),
        { expect: 'pings', size: 1472, fragmentation: 'dont' },
        ...underTraffic([...anew('children', 1, rekeyOn('b', 'children')), ...anew('ike', 1, rekeyOn('a', 'ike'))], 60),
      ],
    }),
  },
];

const WAITING = { connectionStatus: 'waiting', children: [], nextAttemptAt: null };

/** What comes before the tunnel is up is lost in the kernel and waits in userspace, and never leaves in clear. */
const startedByAPacket: readonly Step[] = [{ do: 'ping' }, { expect: 'connected', on: 'both' }, ...carries()];

/** Cygnet, the initiator where nothing else is said, and strongSwan, with nothing between them. */
function gateways({ dataplane, version, rfc }: Variant, options: CygnetOptions = {}) {
  return {
    rfc,
    topology: direct,
    a: { cygnet: cygnet(FROM_A, { ...version, ...options, dataplane }) },
    b: { strongswan: swanctl(mirrored(), version) },
  };
}

function replacedBy(on: SideName): readonly Step[] {
  return [...anew('children', 1, rekeyOn(on, 'children')), ...anew('ike', 1, rekeyOn(on, 'ike'))];
}

function rekeyOn(on: SideName, what: SaKind): Action {
  return { do: 'rekey', on, what };
}
