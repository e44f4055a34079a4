import { carries } from '../../lab/presets.ts';
import { auth, IDS, scenariosOf, WITH_CAROL } from '../../lab/public-tests.ts';
import { CAROL, warriors } from '../../lab/road-warriors.ts';
import type { Scenario, Section, Step } from '../../lab/scenario.ts';

/** Either end asks after two seconds; Cygnet gives up after six, and strongSwan as soon as its messages were sent thrice. */
const ASKING = { dpd_delay: '2s', dpd_timeout: '6s' };
const HASTY = { retransmit_tries: 2, retransmit_timeout: 1, retransmit_base: 1.5 };

const ends = (connection: Section, dpd_action: string) => {
  const { moon, carol } = warriors({
    named: true,
    connection: { mobike: false, ...ASKING, ...connection },
    moonConnection: { remote_addrs: CAROL, remote: auth(IDS.carol) },
    moonChild: { dpd_action: 'clear' },
    callerChild: { dpd_action },
    charon: HASTY,
  });
  return { a: moon, b: carol };
};

/** Nothing comes through any more, until both have noticed. */
const disrupted: readonly Step[] = [
  { do: 'up', on: 'b' },
  { expect: 'connected', on: 'both' },
  { expect: 'pings' },
  { do: 'remember-spis' },
  { do: 'blackhole' },
  { expect: 'nothing-installed', on: 'a' },
  { expect: 'sa-count', on: 'a', of: 'ike', is: 0 },
];

const restarted: readonly Step[] = [
  ...disrupted,
  { expect: 'sa-count', on: 'b', of: 'children', is: 0 },
  { do: 'unblock' },
  { expect: 'connected', on: 'both' },
  { expect: 'spis', of: 'children', are: 'new' },
  ...carries(),
];

export default [
  ...scenariosOf({
    name: 'dpd-clear',
    title: 'what the connection to a silent peer was is cleared',
    rfc: ['RFC 7296 §2.4'],
    topology: WITH_CAROL,
    ends: ends({}, 'none'),
    cygnet: ['a'],
    steps: () => [...disrupted, { expect: 'swanctl', on: 'a', of: ['--list-sas'], matches: ['^$'] }],
  }),
  ...scenariosOf({
    name: 'dpd-restart',
    title: 'both clear, and the road warrior connects anew as soon as it can',
    rfc: ['RFC 7296 §2.4'],
    topology: WITH_CAROL,
    ends: ends({}, 'restart'),
    cygnet: ['b'],
    steps: () => restarted,
  }),
  ...scenariosOf({
    name: 'dpd-trap',
    title: 'both clear, and the next packet of the road warrior connects anew',
    rfc: ['RFC 7296 §2.4'],
    topology: WITH_CAROL,
    ends: ends({}, 'trap'),
    cygnet: ['b'],
    steps: () => [
      ...disrupted,
      { expect: 'sa-count', on: 'b', of: 'children', is: 0 },
      { expect: 'swanctl', on: 'b', of: ['--list-pols'], matches: ['home/home, TUNNEL'] },
      { do: 'unblock' },
      { expect: 'pings', from: 'b', count: 1, lost: true },
      { expect: 'connected', on: 'both' },
      { expect: 'spis', of: 'children', are: 'new' },
      ...carries(),
    ],
  }),
  ...scenariosOf({
    name: 'ikev1-dpd-restart',
    title: 'both clear, and the road warrior connects anew as soon as it can',
    rfc: ['RFC 3706 §5.4'],
    topology: WITH_CAROL,
    ends: ends({ version: 1 }, 'restart'),
    cygnet: ['b'],
    steps: () => restarted,
  }),
] satisfies readonly Scenario[];
