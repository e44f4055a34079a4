import { carries } from '../../lab/presets.ts';
import { CARRIED, IDS, INITIATED, NET_TO_NET, netToNet, SHARED_KEY, scenariosOf } from '../../lab/public-tests.ts';
import type { Scenario, SideName, Step } from '../../lab/scenario.ts';

const IKEV1 = { version: 1 };

/** What both versions of IKE can say. */
const SUITE = { proposals: 'aes128-sha256-modp2048' };
const ofBothVersions = netToNet({ connection: { ...SUITE, version: 0 }, atSun: { start_action: 'trap' } });
const ofOldVersion = netToNet({ connection: { ...SUITE, ...IKEV1 } });

/** Of these, only the third is for both. */
const MANY_KEYS = {
  'ike-1': { 'id-1': IDS.moon, secret: '0x6f6e6c79206d6f6f6e' },
  'ike-2': { 'id-2': IDS.sun, secret: 'of the sun # and nobody else' },
  'ike-3': { 'id-3a': IDS.moon, 'id-3b': IDS.sun, secret: SHARED_KEY },
  'ike-4': { secret: 'for "anybody" at all' },
  'ike-5': { 'id-5': NET_TO_NET.a.address, secret: 'by address' },
};
const WRONG_KEY = { 'ike-1': { 'id-1': IDS.moon, 'id-2': IDS.sun, secret: '0sbW9vbiB0YWtlcyBhbm90aGVyIGtleQ==' } };

/** Where nothing that the peer says can be read, only time tells. */
const HASTY = { retransmit_tries: 1, retransmit_timeout: 2 };

/** What is loaded a second time is nothing new. */
const loadedAgain = (on: SideName): readonly Step[] => [
  { do: 'remember-spis' },
  { do: 'load', on },
  { expect: 'spis', of: 'ike', are: 'same' },
  { expect: 'spis', of: 'children', are: 'same' },
];

const refused: readonly Step[] = [
  { do: 'up', on: 'a', fails: true },
  { expect: 'nothing-installed', on: 'both' },
  { expect: 'sa-count', on: 'a', of: 'ike', is: 0 },
  { expect: 'sa-count', on: 'b', of: 'ike', is: 0 },
];

/** While pings cross, moon's SA comes to the end of its time. */
const rekeyed: readonly Step[] = [
  ...INITIATED,
  { do: 'remember-spis' },
  { do: 'keep-pinging' },
  { expect: 'spis', of: 'children', are: 'new' },
  { expect: 'none-lost', atLeast: 100 },
  { expect: 'spis', of: 'ike', are: 'same' },
];

export default [
  ...scenariosOf({
    name: 'net2net-psk',
    title: 'two gateways with a shared key, one of five that moon has',
    rfc: ['RFC 7296 §2.15'],
    topology: NET_TO_NET,
    ends: netToNet({
      connection: { reauth_time: 10800 },
      child: { rekey_time: 5400, rekey_bytes: 500_000_000, rekey_packets: 1_000_000 },
      secretsOfMoon: MANY_KEYS,
    }),
    cygnet: ['a', 'b'],
    steps: (cygnet) => [
      ...CARRIED,
      ...loadedAgain(cygnet),
      { do: 'down', on: 'a' },
      { expect: 'nothing-installed', on: 'both' },
    ],
  }),
  ...scenariosOf({
    name: 'ikev1-net2net-psk',
    title: 'two gateways with a shared key in Main Mode, one of five that moon has',
    rfc: ['RFC 2409 §5.4'],
    topology: NET_TO_NET,
    ends: netToNet({ connection: { ...IKEV1, reauth_time: 10800 }, secretsOfMoon: MANY_KEYS }),
    cygnet: ['a', 'b'],
    steps: () => [...CARRIED, { do: 'down', on: 'a' }, { expect: 'nothing-installed', on: 'both' }],
  }),
  ...(['a', 'b'] as const).flatMap((cygnet) =>
    scenariosOf({
      name: 'net2net-both-versions',
      title:
        cygnet === 'a'
          ? 'moon, for both versions of IKE, begins in the second'
          : 'moon calls in IKEv1, and sun, which waits for traffic, is for both versions of IKE',
      rfc: [],
      topology: NET_TO_NET,
      ends: { a: cygnet === 'a' ? ofBothVersions.a : ofOldVersion.a, b: ofBothVersions.b },
      cygnet: [cygnet],
      steps: () => [
        {
          expect: 'swanctl',
          on: cygnet,
          of: ['--list-conns', '--raw'],
          matches: ['gw-gw \\{.*version=IKEv1/2.*children \\{net-net \\{[^}]*\\}\\}'],
        },
        ...CARRIED,
        {
          expect: 'swanctl',
          on: cygnet,
          of: ['--list-sas', '--raw'],
          matches: [`gw-gw \\{.*version=${cygnet === 'a' ? 2 : 1} .*child-sas \\{net-net-`],
        },
        { expect: 'sa-count', on: cygnet, of: 'ike', is: 1 },
        { do: 'down', on: 'a' },
        { expect: 'sa-count', on: 'a', of: 'ike', is: 0 },
        { expect: 'sa-count', on: 'b', of: 'ike', is: 0 },
      ],
    }),
  ),
  ...scenariosOf({
    name: 'net2net-psk-fail',
    title: 'moon takes a wrong key, and sun refuses it with AUTHENTICATION_FAILED',
    rfc: ['RFC 7296 §2.21.2'],
    topology: NET_TO_NET,
    ends: netToNet({ secretsOfMoon: WRONG_KEY }),
    cygnet: ['a', 'b'],
    steps: (cygnet) => [
      ...refused,
      cygnet === 'a'
        ? { expect: 'log', on: 'b', matches: 'tried 1 shared key for .* but MAC mismatched' }
        : { expect: 'log', on: 'a', matches: 'received AUTHENTICATION_FAILED notify error' },
    ],
  }),
  ...scenariosOf({
    name: 'ikev1-net2net-psk-fail',
    title: 'moon takes a wrong key, and neither can read what the other encrypts with it',
    rfc: ['RFC 2409 §5.4'],
    topology: NET_TO_NET,
    ends: netToNet({ connection: IKEV1, secretsOfMoon: WRONG_KEY, charon: HASTY }),
    cygnet: ['b'],
    // What sun has heard of moon is half-open there until its time is over.
    steps: () => refused.filter((step) => !('on' in step && step.on === 'b')),
  }),
  ...scenariosOf({
    name: 'net2net-ah',
    title: 'moon offers AH with two algorithms, and sun chooses the one that it has',
    rfc: ['RFC 7296 §2.7', 'RFC 4302'],
    topology: NET_TO_NET,
    ends: netToNet({
      child: { esp_proposals: '' },
      atMoon: { ah_proposals: 'sha256-sha384' },
      atSun: { ah_proposals: 'sha256' },
    }),
    cygnet: ['a', 'b'],
    steps: () => [
      ...INITIATED,
      ...carries({ authenticatedOnly: true }),
      { expect: 'kernel-algorithms', names: ['hmac(sha256)'] },
    ],
  }),
  ...scenariosOf({
    name: 'net2net-rekey',
    title: 'the Child SA of moon is replaced after five seconds, and no packet is lost',
    rfc: ['RFC 7296 §2.8'],
    topology: NET_TO_NET,
    ends: netToNet({ atMoon: { rekey_time: '5s', life_time: '10s', rand_time: 0 } }),
    cygnet: ['a', 'b'],
    steps: () => rekeyed,
  }),
  ...scenariosOf({
    name: 'net2net-life',
    title: 'the Child SA of moon is not replaced and ends, and the IKE SA stays',
    rfc: [],
    topology: NET_TO_NET,
    ends: netToNet({ atMoon: { rekey_time: 0, life_time: '8s' } }),
    cygnet: ['a'],
    steps: () => [
      ...INITIATED,
      { expect: 'sa-count', on: 'a', of: 'children', is: 0 },
      { expect: 'sa-count', on: 'b', of: 'children', is: 0 },
      { expect: 'sa-count', on: 'a', of: 'ike', is: 1 },
    ],
  }),
  ...scenariosOf({
    name: 'net2net-mark-in-sa',
    title: 'the inbound SA of moon has a mark, which no packet has: it is made, replaced and removed all the same',
    rfc: [],
    topology: NET_TO_NET,
    ends: netToNet({ atMoon: { mark_in: '42', mark_in_sa: 'yes' } }),
    cygnet: ['a'],
    steps: () => [
      ...INITIATED,
      { do: 'remember-spis' },
      { do: 'ask', on: 'a', of: ['--rekey', '--child', 'net-net'] },
      { expect: 'spis', of: 'children', are: 'new' },
      { do: 'down', on: 'a' },
      { expect: 'nothing-installed', on: 'both' },
    ],
  }),
  ...scenariosOf({
    name: 'net2net-route',
    title: 'moon waits with a trap, and the first packet brings the tunnel up',
    rfc: ['RFC 4301 §4.4.1'],
    topology: NET_TO_NET,
    ends: netToNet({ atMoon: { start_action: 'trap' } }),
    cygnet: ['a'],
    steps: () => [
      {
        expect: 'swanctl',
        on: 'a',
        of: ['--list-pols', '--raw'],
        matches: ['net-net.*mode=TUNNEL.*local-ts=\\[10.1.0.0/16\\] remote-ts=\\[10.2.0.0/16\\]'],
      },
      { expect: 'pings', from: 'a', count: 1, lost: true },
      { expect: 'connected', on: 'both' },
      ...carries(),
    ],
  }),
  ...scenariosOf({
    name: 'net2net-start',
    title: 'moon initiates as soon as its connection is loaded',
    rfc: [],
    topology: NET_TO_NET,
    ends: netToNet({ atMoon: { start_action: 'start' } }),
    cygnet: ['a'],
    start: ['b', 'a'],
    steps: () => [{ expect: 'connected', on: 'both' }, ...carries()],
  }),
] satisfies readonly Scenario[];
