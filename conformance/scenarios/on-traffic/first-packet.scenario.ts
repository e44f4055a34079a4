import { carries, cygnet, direct, FROM_A, MAIN, mirrored, type SwanctlOptions, swanctl } from '../../lab/presets.ts';
import type { Scenario, Step } from '../../lab/scenario.ts';

const VERSIONS = [
  { version: 'ikev2', options: {} },
  { version: 'ikev1', options: MAIN },
] as const;

const WAITING: Step = {
  expect: 'status',
  on: 'a',
  contains: { connectionStatus: 'waiting', children: [], nextAttemptAt: null },
};

/** What comes before the tunnel is up is lost in the kernel, and never leaves in clear. */
const startedByAPacket: readonly Step[] = [
  { expect: 'pings', from: 'a', count: 1, lost: true },
  { expect: 'connected', on: 'both' },
  ...carries(),
];

export default VERSIONS.flatMap(({ version, options }): readonly Scenario[] => {
  const common = { rfc: ['RFC 4301 §4.4.1', 'RFC 7296 §2.9'], topology: direct };
  const a = { cygnet: cygnet(FROM_A, { ...options, start: 'on-traffic' }) };
  const b = (more: SwanctlOptions = {}) => ({ strongswan: swanctl(mirrored(), { ...options, ...more }) });
  return [
    {
      ...common,
      name: `${version}-idle`,
      title: 'strongSwan deletes what nobody uses: the tunnel waits for the next packet',
      a,
      b: b({ child: { inactivity: '15s' } }),
      steps: [
        { expect: 'pings', from: 'a', count: 1, lost: true },
        { expect: 'connected', on: 'both' },
        { expect: 'pings' },
        { expect: 'sa-count', on: 'a', of: 'children', is: 0 },
        WAITING,
        { do: 'keep-pinging' },
        { expect: 'connected', on: 'both' },
        { expect: 'pings' },
        { expect: 'sealed' },
      ],
    },
    {
      ...common,
      name: `${version}-dead-peer`,
      title: 'the peer dies: the tunnel waits, whatever dpd.action says, and a packet reaches the peer when it is back',
      a: {
        cygnet: cygnet(FROM_A, {
          ...options,
          start: 'on-traffic',
          tunnel: { dpd: { delay: '2s', timeout: '6s', action: 'restart' } },
        }),
      },
      b: b(),
      steps: [
        ...startedByAPacket,
        { do: 'power-off', on: 'b' },
        { expect: 'sa-count', on: 'a', of: 'children', is: 0 },
        WAITING,
        { expect: 'status', on: 'a', contains: { reason: { code: 'peer-unresponsive' } } },
        { do: 'start', on: 'b' },
        { expect: 'pings', from: 'a', count: 1, lost: true },
        { expect: 'connected', on: 'both' },
        { expect: 'pings' },
        { expect: 'sealed' },
      ],
    },
    {
      ...common,
      name: `${version}-no-peer`,
      title: 'nobody answers: three attempts for a packet, then the tunnel has failed and waits for the next one',
      a: {
        cygnet: cygnet(FROM_A, { ...options, start: 'on-traffic', tunnel: { retry: { attempts: 3, interval: '3s' } } }),
      },
      b: b(),
      start: ['a'],
      steps: [
        { expect: 'pings', from: 'a', count: 1, lost: true },
        {
          expect: 'status',
          on: 'a',
          contains: {
            connectionStatus: 'stage1Failure',
            attempt: 3,
            nextAttemptAt: null,
            reason: { code: 'no-response' },
          },
        },
        { do: 'start', on: 'b' },
        ...startedByAPacket,
      ],
    },
    {
      ...common,
      name: `${version}-up-and-down`,
      title: 'cygnet up starts it without a packet; after down no packet does',
      a,
      b: b(),
      steps: [
        { do: 'up', on: 'a' },
        { expect: 'connected', on: 'both' },
        ...carries(),
        { do: 'down', on: 'a' },
        { expect: 'nothing-installed', on: 'a' },
        { expect: 'pings', from: 'a', count: 1, lost: true },
        { expect: 'status', on: 'a', contains: { connectionStatus: 'disabled', ike: null } },
        { do: 'up', on: 'a' },
        ...carries(),
      ],
    },
  ];
}) satisfies readonly Scenario[];
