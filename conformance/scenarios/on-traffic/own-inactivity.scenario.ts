import { cygnet, direct, FROM_A, mirrored, swanctl } from '../../lab/presets.ts';
import type { Scenario } from '../../lab/scenario.ts';

export default {
  title: 'Cygnet ends a tunnel that nobody uses, at both ends, and the next packet starts it again',
  rfc: ['RFC 4301 §4.4.1', 'RFC 7296 §1.4.1'],
  topology: direct,
  a: { cygnet: cygnet(FROM_A, { start: 'on-traffic', ipsec: { inactivity: '12s' } }) },
  b: { strongswan: swanctl(mirrored()) },
  steps: [
    { expect: 'pings', from: 'a', count: 1, lost: true },
    { expect: 'connected', on: 'both' },
    { expect: 'pings' },
    { expect: 'sa-count', on: 'a', of: 'children', is: 0 },
    { expect: 'sa-count', on: 'b', of: 'children', is: 0 },
    { expect: 'status', on: 'a', contains: { connectionStatus: 'waiting', children: [], nextAttemptAt: null } },
    { expect: 'log', on: 'a', matches: 'no packet has used the tunnel' },
    { do: 'keep-pinging' },
    { expect: 'connected', on: 'both' },
    { expect: 'pings' },
    { expect: 'sealed' },
  ],
} satisfies Scenario;
