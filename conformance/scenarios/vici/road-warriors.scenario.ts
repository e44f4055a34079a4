import { IN_UDP } from '../../lab/nat.ts';
import { carries } from '../../lab/presets.ts';
import { auth, IDS, scenariosOf, WITH_CAROL, WITH_CAROL_AND_DAVE } from '../../lab/public-tests.ts';
import { CAROL, DAVE, KEYS, warriors } from '../../lab/road-warriors.ts';
import type { Scenario, Section, Step } from '../../lab/scenario.ts';

const IKEV1 = { version: 1 };

const called: readonly Step[] = [
  { do: 'up', on: 'b' },
  { expect: 'connected', on: 'both' },
];

const byAddress = warriors({});
/** moon sees what the NAT translates to, and takes in whatever of the network behind it. */
const behindNat = warriors({ moonChild: { remote_ts: '192.0.2.0/25' } });
const byName = warriors({ named: true });
/** carol's key is carol's own, not moon's. */
const { carol } = warriors({ named: true, callerConnection: { remote: auth('*.example.org') } });
const secrets = { 'ike-carol': { id: IDS.carol, secret: KEYS.carol } };
const toAnybody = { ...carol, swanctl: { ...carol.swanctl, secrets } };
/** dave is none of them, and has a key. */
const ofOneDomain = warriors({ named: true, moonConnection: { remote: auth('*l@example.org') } });
const inAggressiveMode = warriors({
  named: true,
  connection: { ...IKEV1, aggressive: true },
  charon: { i_dont_care_about_security_and_use_aggressive_mode_psk: true },
});

/** In IKEv1, moon has a connection for each. */
const ikev1 = warriors({ named: true, connection: IKEV1 });
const { rw = {} } = ikev1.moon.swanctl.connections as { readonly [name: string]: Section };
const connections: Section = {
  'rw-carol': { ...rw, remote_addrs: CAROL, remote: auth(IDS.carol) },
  'rw-dave': { ...rw, remote_addrs: DAVE, remote: auth(IDS.dave) },
};

export default [
  ...scenariosOf({
    name: 'rw-psk-ipv4',
    title: 'a road warrior and its gateway, which have addresses for identities',
    rfc: ['RFC 7296 §3.5'],
    topology: WITH_CAROL,
    ends: { a: byAddress.moon, b: byAddress.carol },
    cygnet: ['a', 'b'],
    steps: () => [...called, ...carries()],
  }),
  ...scenariosOf({
    name: 'rw-psk-fqdn',
    title: 'a road warrior and its gateway, which have names for identities',
    rfc: ['RFC 7296 §3.5'],
    topology: WITH_CAROL,
    ends: { a: byName.moon, b: byName.carol },
    cygnet: ['a', 'b'],
    steps: () => [...called, ...carries()],
  }),
  ...scenariosOf({
    name: 'rw-psk-no-idr',
    title: 'a road warrior that does not say whom it wants, and takes whoever has the key and a name of that domain',
    rfc: ['RFC 7296 §3.5'],
    topology: WITH_CAROL,
    ends: { a: byName.moon, b: toAnybody },
    cygnet: ['b'],
    steps: () => [
      ...called,
      ...carries(),
      {
        expect: 'log',
        on: 'a',
        matches: `looking for peer configs matching \\S+\\[%any\\]\\.\\.\\.\\S+\\[${IDS.carol}\\]`,
      },
    ],
  }),
  ...scenariosOf({
    name: 'rw-psk-pattern',
    title: 'of two road warriors, moon takes the one whose name fits a pattern',
    rfc: ['RFC 7296 §2.16'],
    topology: WITH_CAROL_AND_DAVE,
    ends: { a: ofOneDomain.moon, b: ofOneDomain.carol, c: ofOneDomain.dave },
    cygnet: ['a'],
    steps: () => [
      ...called,
      { do: 'up', on: 'c', fails: true },
      { expect: 'connected', on: 'both' },
      { expect: 'sa-count', on: 'a', of: 'ike', is: 1 },
    ],
  }),
  ...scenariosOf({
    name: 'nat-rw-psk',
    title: 'a road warrior behind NAT, and ESP goes in UDP',
    rfc: ['RFC 7296 §2.23', 'RFC 3948 §2'],
    topology: { ...WITH_CAROL, natOfB: '192.0.2.99' },
    ends: { a: behindNat.moon, b: behindNat.carol },
    cygnet: ['a', 'b'],
    steps: () => [...called, ...carries(), IN_UDP],
  }),
  ...scenariosOf({
    name: 'ikev1-rw-psk-aggressive',
    title: 'a road warrior and its gateway in Aggressive Mode, which have names for identities',
    rfc: ['RFC 2409 §5.4'],
    topology: WITH_CAROL,
    ends: { a: inAggressiveMode.moon, b: inAggressiveMode.carol },
    cygnet: ['a', 'b'],
    steps: () => [...called, ...carries()],
  }),
  ...scenariosOf({
    name: 'ikev1-rw-psk-fqdn',
    title: 'two road warriors in Main Mode, each with a connection and a key of its own',
    rfc: ['RFC 2409 §5.4'],
    topology: WITH_CAROL_AND_DAVE,
    ends: {
      a: { ...ikev1.moon, swanctl: { ...ikev1.moon.swanctl, connections } },
      b: ikev1.carol,
      c: ikev1.dave,
    },
    cygnet: ['a'],
    steps: () => [...called, { do: 'up', on: 'c' }, { expect: 'connected', on: 'c' }, ...carries({ children: 2 })],
  }),
] satisfies readonly Scenario[];
