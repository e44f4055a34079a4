import { NET_TO_NET, netToNet } from '../../lab/public-tests.ts';
import type { Expectation, Scenario, SideName, Step } from '../../lab/scenario.ts';
import type { Meanings } from '../../lab/vici-answers.ts';

const { a: moon, b: sun } = netToNet({ atMoon: { start_action: 'trap' }, atSun: { start_action: 'trap' } });

const INITIATE = ['--initiate', '--child', 'net-net', '--timeout', '30'];
const TERMINATE = ['--terminate', '--ike', 'gw-gw', '--timeout', '30'];
const REKEY_CHILD = ['--rekey', '--child', 'net-net'];
const REKEY_IKE = ['--rekey', '--ike', 'gw-gw', '--raw'];

const ONE_CALLED = { path: ' initiator$', why: 'only the end that has called says so' };
const LAST_USE = {
  path: ' use-(in|out)$',
  why: 'charon asks its policies, Cygnet its SAs: Linux tells of those since 6.2',
};

/** What is different about one and the same pair of SAs. */
const OF_SAS: Meanings = {
  keys: [ONE_CALLED, LAST_USE],
  values: [
    { path: ' (uniqueid|reqid)$', why: 'each daemon has numbers of its own' },
    { path: ' (established|install-time)$', why: 'the ends are asked one after the other' },
    { path: ' (rekey-time|life-time)$', why: 'each end chooses its time by chance' },
  ],
  lines: [{ path: '^ +(in|out) ', why: LAST_USE.why }],
};

const OF_CONNECTIONS: Meanings = {
  values: [
    {
      path: ' unique$',
      why: 'a new IKE SA of a peer always takes the place of its old one in Cygnet, as with replace',
    },
  ],
};

const OF_STATISTICS: Meanings = {
  values: [
    { path: ' uptime ', why: 'each has been started at a time of its own' },
    { path: ' (workers|scheduled|mallinfo)', why: 'threads, timers and memory are those of another program' },
    { path: ' plugins$', why: 'Cygnet has none, and names itself and its data plane' },
  ],
  lines: [{ path: '^loaded plugins:', why: 'Cygnet has none, and names itself and its data plane' }],
};

const AT_A_TASK = 'charon tells of an SA in the middle of a task, and Cygnet once it is done';

const OF_EVENTS: Meanings = {
  keys: [LAST_USE, { path: ' tasks-(active|passive)$', why: AT_A_TASK }],
  lines: [
    { path: '^ +(in|out) ', why: LAST_USE.why },
    { path: '^ +(active|passive): ', why: AT_A_TASK },
    { path: ', (DELETING, IKEvN|DELETED, TUNNEL),', why: AT_A_TASK },
  ],
};

const OF_COUNTERS: Meanings = {
  values: [
    { path: ' invalid-spi$', why: 'charon counts a repeated IKE_SA_INIT that comes while it still makes the IKE SA' },
  ],
};

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
