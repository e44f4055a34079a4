import { OF_ATTEMPTS, OF_CONNECTIONS, OF_SAS, OF_VERSION } from '../../lab/meant-differences.ts';
import { type End, NET_TO_NET, type NetToNet, netToNet } from '../../lab/public-tests.ts';
import type { Expectation, Scenario, Section, SideName, Step, Topology } from '../../lab/scenario.ts';
import type { Meanings } from '../../lab/vici-answers.ts';

const printed = (of: readonly string[], meant?: Meanings): Expectation => ({
  expect: 'printed-alike',
  of,
  ...(meant === undefined ? {} : { meant }),
});
const SAS = printed(['--list-sas'], OF_SAS);
const words = (text: string) => text.split(' ');

function between(
  name: string,
  title: string,
  { a, b }: { readonly a: End; readonly b: End },
  steps: readonly Step[],
  topology: Topology = NET_TO_NET,
): Scenario {
  const plugins = ['counters'];
  return { name, title, rfc: [], topology, a: { loaded: a }, b: { strongswan: { ...b, plugins } }, steps };
}

/** Nothing of the configuration, and names and numbers that there are not. */
const ANSWERS = [
  '--list-sas',
  '--list-certs',
  '--list-pools --leases',
  '--list-authorities',
  '--flush-certs',
  '--reload-settings',
  '--counters --all',
  '--counters --name nobody',
  '--counters --reset',
  '--initiate --child none',
  '--initiate --ike none',
  '--terminate --ike none',
  '--terminate --child-id 77 --force',
  '--rekey --ike none',
  '--rekey --child-id 77 --reauth',
  '--install --child none',
  '--uninstall --child net-net',
  '--load-pools --file /dev/null',
  '--load-authorities --file /dev/null',
  '--load-creds --clear --noprompt --file /dev/null',
  '--load-conns --file /dev/null',
].map(words);

/** The same at either end, one after the other. */
const asked = (text: string, more: { readonly fails?: true } = {}, meant: Meanings = {}): readonly Step[] => [
  { do: 'ask', on: 'a', of: words(text), ...more },
  { do: 'ask', on: 'b', of: words(text), ...more },
  { expect: 'asked-alike', of: words(text), meant },
];

/** A second child, to another segment of sun's. */
function withOther(version: number): { readonly a: End; readonly b: End } {
  const { a, b } = netToNet({ connection: { version } });
  return {
    a: withChild(a, { local_ts: '10.1.0.0/16', remote_ts: '10.3.0.0/16' }),
    b: withChild(b, { local_ts: '10.3.0.0/16', remote_ts: '10.1.0.0/16' }),
  };
}

function withChild(end: End, segments: Section): End {
  const { 'gw-gw': connection } = end.swanctl.connections as { readonly 'gw-gw': Section };
  const children = connection.children as { readonly 'net-net': Section };
  const other = { ...children['net-net'], ...segments };
  const more = { 'gw-gw': { ...connection, children: { ...children, other } } };
  return { ...end, swanctl: { ...end.swanctl, connections: more } };
}

/** One end makes both Child SAs, replaces one of them, and ends one after the other and at last all. */
const twoChildrenBy = (on: SideName): readonly Step[] => [
  { do: 'ask', on, of: words('--initiate --child net-net --timeout 30') },
  { do: 'ask', on, of: words('--initiate --child other --timeout 30') },
  SAS,
  printed(words('--list-sas --child other --noblock'), OF_SAS),
  { do: 'ask', on, of: words('--rekey --child net-net --raw') },
  // In IKEv1 a successor waits until what was made before has settled.
  { expect: 'log', on: 'a', matches: 'net-net#\\d+ was rekeyed' },
  { expect: 'swanctl', on: 'a', of: ['--list-sas', '--raw'], matches: ['state=(DELETED|REKEYED)'] },
  SAS,
  { do: 'ask', on, of: words('--terminate --child other --timeout 30') },
  SAS,
  { do: 'ask', on, of: words('--terminate --ike gw-gw --force --timeout 5 --raw') },
  { expect: 'sa-count', on: 'a', of: 'ike', is: 0 },
  { expect: 'sa-count', on: 'b', of: 'ike', is: 0 },
];

const WITH_OTHER: Topology = {
  ...NET_TO_NET,
  b: { ...NET_TO_NET.b, inner: [...NET_TO_NET.b.inner, '10.3.0.1/16'] },
};

const twoChildren: readonly Step[] = [
  printed(['--list-conns'], OF_CONNECTIONS),
  ...twoChildrenBy('a'),
  ...twoChildrenBy('b'),
];

/** The gateways themselves are the segments. */
const HOSTS: Topology = {
  a: { ...NET_TO_NET.a, inner: [`${NET_TO_NET.a.address}/32`] },
  b: { ...NET_TO_NET.b, inner: [`${NET_TO_NET.b.address}/32`] },
};
const TRANSPORT: NetToNet = { child: { local_ts: 'dynamic', remote_ts: 'dynamic', mode: 'transport' } };

const OTHER_KEY = { 'ike-1': { id: 'moon.example.org', secret: '0sbW9vbiB0YWtlcyBhbm90aGVyIGtleQ==' } };

/** What is a mirror of itself, as both ends have it. */
const SHUNTS: Section = {
  children: {
    own: { mode: 'pass', local_ts: '10.9.0.0/16', remote_ts: '10.9.0.0/16', start_action: 'trap' },
    later: { mode: 'drop', local_ts: '10.8.0.0/16', remote_ts: '10.8.0.0/16' },
  },
};
const withShunts = (end: End): End => ({
  ...end,
  swanctl: { ...end.swanctl, connections: { ...(end.swanctl.connections as Section), shunts: SHUNTS } },
});
const plain = netToNet({});

export default [
  between(
    'answers',
    'swanctl gets the same answers and exit statuses, with nothing to list and of what is not there',
    netToNet({}),
    [printed(words('--version --daemon'), OF_VERSION), ...ANSWERS.map((of) => printed(of))],
  ),
  between(
    'two-children',
    'swanctl prints two Child SAs alike, replaced, ended alone and by force',
    withOther(2),
    twoChildren,
    WITH_OTHER,
  ),
  between(
    'ikev1',
    'swanctl prints two Child SAs of IKEv1 alike, replaced, ended alone and by force',
    withOther(1),
    twoChildren,
    WITH_OTHER,
  ),
  between(
    'transport',
    'swanctl prints transport mode alike',
    netToNet(TRANSPORT),
    [
      printed(['--list-conns'], OF_CONNECTIONS),
      { do: 'ask', on: 'a', of: words('--initiate --child net-net --timeout 30') },
      { expect: 'pings' },
      SAS,
    ],
    HOSTS,
  ),
  between(
    'attempts',
    'swanctl tells alike of attempts that are refused, that nobody answers, and that are given up',
    netToNet({ secretsOfMoon: OTHER_KEY }),
    [
      ...asked('--initiate --child net-net --timeout 30', { fails: true }, OF_ATTEMPTS),
      printed(['--list-sas']),
      { do: 'blackhole' },
      ...asked('--initiate --child net-net --timeout 1', { fails: true }, OF_ATTEMPTS),
      ...asked('--terminate --ike gw-gw --force --timeout 1', {}, OF_ATTEMPTS),
      printed(['--list-sas']),
    ],
  ),
  between(
    'shunts',
    'swanctl lists, installs and uninstalls shunts alike',
    { a: withShunts(plain.a), b: withShunts(plain.b) },
    [
      printed(['--list-conns'], OF_CONNECTIONS),
      printed(['--list-pols']),
      ...asked('--install --child later'),
      ...asked('--install --child net-net'),
      printed(['--list-pols']),
      ...asked('--uninstall --child own --ike shunts'),
      ...asked('--uninstall --child own', { fails: true }),
      ...asked('--initiate --child own --timeout 5', { fails: true }, OF_ATTEMPTS),
      printed(words('--list-pols --drop')),
    ],
  ),
] satisfies readonly Scenario[];
