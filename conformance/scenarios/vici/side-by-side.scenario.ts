import { OF_CONNECTIONS, OF_COUNTERS, OF_EVENTS, OF_SAS, OF_STATISTICS } from '../../lab/meant-differences.ts';
import { NET_TO_NET, netToNet } from '../../lab/public-tests.ts';
import type { Expectation, Scenario, SideName, Step } from '../../lab/scenario.ts';

const { a: moon, b: sun } = netToNet({ atMoon: { start_action: 'trap' }, atSun: { start_action: 'trap' } });

const INITIATE = ['--initiate', '--child', 'net-net', '--timeout', '30'];
const TERMINATE = ['--terminate', '--ike', 'gw-gw', '--timeout', '30'];
const REKEY_CHILD = ['--rekey', '--child', 'net-net'];
const REKEY_IKE = ['--rekey', '--ike', 'gw-gw', '--raw'];

const sas: readonly Expectation[] = [{ expect: 'printed-alike', of: ['--list-sas'], meant: OF_SAS }];

/** A life of the tunnel that one end begins, replaces and ends. */
const lifeBy = (on: SideName, between: readonly Step[]): readonly Step[] => [
  { do: 'ask', on, of: INITIATE },
  { expect: 'connected', on: 'both' },
  { expect: 'pings' },
  ...between,
  { do: 'remember-spis' },
  { do: 'ask', on, of: REKEY_CHILD },
  { expect: 'spis', of: 'children', are: 'new' },
  { do: 'ask', on, of: REKEY_IKE },
  { expect: 'spis', of: 'ike', are: 'new' },
  { do: 'ask', on, of: TERMINATE },
  { expect: 'sa-count', on: 'a', of: 'ike', is: 0 },
  { expect: 'sa-count', on: 'b', of: 'ike', is: 0 },
];

export default {
  title: 'swanctl prints the same of Cygnet as of charon at the other end, but for what is meant to be different',
  rfc: [],
  topology: NET_TO_NET,
  a: { loaded: moon },
  b: { strongswan: { ...sun, plugins: ['counters'] } },
  steps: [
    { expect: 'printed-alike', of: ['--list-conns'], meant: OF_CONNECTIONS },
    { expect: 'printed-alike', of: ['--list-pols'] },
    { do: 'listen' },
    ...lifeBy('a', [
      ...sas,
      { expect: 'printed-alike', of: ['--counters'], meant: OF_COUNTERS },
      { expect: 'printed-alike', of: ['--stats'], meant: OF_STATISTICS },
    ]),
    ...lifeBy('b', sas),
    ...[INITIATE, REKEY_CHILD, REKEY_IKE, TERMINATE].map((of): Expectation => ({ expect: 'asked-alike', of })),
    { expect: 'heard-alike', meant: OF_EVENTS },
  ],
} satisfies Scenario;
