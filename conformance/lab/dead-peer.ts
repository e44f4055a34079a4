import { carries, cygnet, direct, FROM_A, mirrored, swanctl, type Version1 } from './presets.ts';
import type { CygnetSetup, Scenario, Step } from './scenario.ts';

/** What the scenarios of the two IKE versions do not have in common. */
export type DeadPeerVersion = {
  /** IKEv2 where there is nothing in it. */
  readonly version: Partial<Version1>;
  readonly rfc: readonly string[];
  /** Regular expressions for strongSwan's log: what Cygnet asks, and what it answers. */
  readonly asked: string;
  readonly answered: string;
};

/** Paths that swallow everything, and peers that are only silent. */
export function deadPeers({ version, rfc, asked, answered }: DeadPeerVersion): readonly Scenario[] {
  const common = { rfc, topology: direct, b: { strongswan: swanctl(mirrored(), version) } };
  return [
    {
      ...common,
      name: 'restart',
      title: 'the path swallows everything, and dpd.action is restart: Cygnet connects anew as soon as it can',
      a: impatient(version, 'restart'),
      steps: [
        ...SWALLOWED,
        { do: 'unblock' },
        { expect: 'connected', on: 'both' },
        { expect: 'spis', of: 'children', are: 'new' },
        // What strongSwan still had of the old ones is gone too.
        ...carries(),
      ],
    },
    {
      ...common,
      name: 'clear',
      title: 'the path swallows everything, and dpd.action is clear: Cygnet, which only responds, leaves it at that',
      a: impatient(version, 'clear', { start: 'respond' }),
      steps: [
        { do: 'up', on: 'b' },
        ...SWALLOWED,
        { do: 'unblock' },
        {
          expect: 'status',
          on: 'a',
          contains: { ike: null, children: [], nextAttemptAt: null, reason: { code: 'peer-unresponsive' } },
        },
        { expect: 'pings', count: 1, lost: true },
        { do: 'power-off', on: 'b' },
        { do: 'start', on: 'b' },
        { do: 'up', on: 'b' },
        { expect: 'connected', on: 'both' },
        ...carries(),
      ],
    },
    {
      ...common,
      name: 'hold',
      title:
        'the path swallows everything, and dpd.action is hold: the next packet connects anew, and none leaves in clear',
      a: impatient(version, 'hold', { tunnel: { retry: { attempts: 1, interval: '10m' } } }),
      steps: [
        { expect: 'connected', on: 'both' },
        { do: 'remember-spis' },
        { do: 'blackhole' },
        { expect: 'sa-count', on: 'a', of: 'children', is: 0 },
        { expect: 'route', on: 'a', to: '10.23.0.0/16', present: false },
        { do: 'unblock' },
        { do: 'keep-pinging' },
        { expect: 'connected', on: 'both' },
        { expect: 'spis', of: 'children', are: 'new' },
        { expect: 'pings' },
        { expect: 'sealed' },
      ],
    },
    {
      ...common,
      name: 'asks',
      title: 'Cygnet asks a silent peer whether it is there, and is content with the answers',
      a: { cygnet: patient(version, { delay: '1s', timeout: '4s', action: 'restart' }) },
      steps: stays(`(${asked}[^]*){6}`),
    },
    {
      ...common,
      name: 'answers',
      title: 'strongSwan asks whether Cygnet is there, and is content with the answers',
      a: { cygnet: patient(version, { delay: '1h', timeout: '1h' }) },
      b: { strongswan: swanctl(mirrored(), { ...version, connection: { dpd_delay: '1s', dpd_timeout: '3s' } }) },
      steps: stays(`(${answered}[^]*){6}`),
    },
  ];
}

/** Noticed, and everything gone, while nothing gets through. */
const SWALLOWED: readonly Step[] = [
  { expect: 'connected', on: 'both' },
  { expect: 'pings' },
  { do: 'remember-spis' },
  { do: 'blackhole' },
  { expect: 'nothing-installed', on: 'a' },
  { expect: 'route', on: 'a', to: '10.23.0.0/16', present: false },
  { expect: 'pings', count: 1, lost: true },
];

/** What shows in strongSwan's log changes nothing. */
function stays(log: string): readonly Step[] {
  return [
    { expect: 'connected', on: 'both' },
    { do: 'remember-spis' },
    { expect: 'log', on: 'b', matches: log },
    { expect: 'spis', of: 'ike', are: 'same' },
    { expect: 'spis', of: 'children', are: 'same' },
  ];
}

function impatient(
  version: Partial<Version1>,
  action: 'restart' | 'clear' | 'hold',
  options: { readonly start?: 'respond'; readonly tunnel?: object } = {},
) {
  const dpd = { delay: '2s', timeout: '6s', action };
  return { cygnet: cygnet(FROM_A, { ...version, ...options, tunnel: { dpd, ...options.tunnel } }) };
}

function patient(version: Partial<Version1>, dpd: object): CygnetSetup {
  return cygnet(FROM_A, { ...version, tunnel: { dpd } });
}
