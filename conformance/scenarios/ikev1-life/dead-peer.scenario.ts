import { carries, cygnet, direct, FROM_A, MAIN, mirrored, swanctl } from '../../lab/presets.ts';
import type { Scenario, Step } from '../../lab/scenario.ts';

const common = { rfc: ['RFC 3706 §5.4', 'RFC 3706 §5.5'], topology: direct };

/** Noticed, and everything gone, while nothing gets through. */
const swallowed: readonly Step[] = [
  { expect: 'connected', on: 'both' },
  { expect: 'pings' },
  { do: 'remember-spis' },
  { do: 'blackhole' },
  { expect: 'nothing-installed', on: 'a' },
  { expect: 'route', on: 'a', to: '10.23.0.0/16', present: false },
  { expect: 'pings', count: 1, lost: true },
];

export default [
  {
    ...common,
    name: 'restart',
    title: 'the path swallows everything, and dpd.action is restart: Cygnet connects anew as soon as it can',
    a: impatient('restart'),
    b: { strongswan: swanctl(mirrored(), MAIN) },
    steps: [
      ...swallowed,
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
    a: impatient('clear', 'respond'),
    b: { strongswan: swanctl(mirrored(), MAIN) },
    steps: [
      { do: 'up', on: 'b' },
      ...swallowed,
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
    a: impatient('hold', 'initiate', { retry: { attempts: 1, interval: '10m' } }),
    b: { strongswan: swanctl(mirrored(), MAIN) },
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
    name: 'killed',
    title: 'the peer dies without a word and is started again: Cygnet notices, and connects anew',
    a: impatient('restart'),
    b: { strongswan: swanctl(mirrored(), MAIN) },
    steps: [
      { expect: 'connected', on: 'both' },
      { do: 'power-off', on: 'b' },
      { expect: 'nothing-installed', on: 'a' },
      { do: 'start', on: 'b' },
      { expect: 'connected', on: 'both' },
      ...carries(),
    ],
  },
  {
    ...common,
    name: 'asks',
    title: 'Cygnet asks a silent peer whether it is there, and is content with the answers',
    a: { cygnet: cygnet(FROM_A, { ...MAIN, tunnel: { dpd: { delay: '1s', timeout: '4s', action: 'restart' } } }) },
    b: { strongswan: swanctl(mirrored(), MAIN) },
    steps: [
      { expect: 'connected', on: 'both' },
      { do: 'remember-spis' },
      { expect: 'log', on: 'b', matches: '(\\[ HASH N\\(DPD\\) \\][^]*){6}' },
      { expect: 'spis', of: 'ike', are: 'same' },
      { expect: 'spis', of: 'children', are: 'same' },
    ],
  },
  {
    ...common,
    name: 'answers',
    title: 'strongSwan asks whether Cygnet is there, and is content with the answers',
    a: { cygnet: cygnet(FROM_A, { ...MAIN, tunnel: { dpd: { delay: '1h', timeout: '1h' } } }) },
    b: { strongswan: swanctl(mirrored(), { ...MAIN, connection: { dpd_delay: '1s', dpd_timeout: '3s' } }) },
    steps: [
      { expect: 'connected', on: 'both' },
      { do: 'remember-spis' },
      { expect: 'log', on: 'b', matches: '(parsed INFORMATIONAL_V1 request \\d+ \\[ HASH N\\(DPD_ACK\\) \\][^]*){6}' },
      { expect: 'spis', of: 'ike', are: 'same' },
      { expect: 'spis', of: 'children', are: 'same' },
    ],
  },
] satisfies readonly Scenario[];

function impatient(
  action: 'restart' | 'clear' | 'hold',
  start: 'initiate' | 'respond' = 'initiate',
  more: object = {},
) {
  const dpd = { delay: '2s', timeout: '6s', action };
  return { cygnet: cygnet(FROM_A, { ...MAIN, start, tunnel: { dpd, ...more } }) };
}
