import { cygnet, direct, mirrored, swanctl } from '../../lab/presets.ts';
import type { Scenario } from '../../lab/scenario.ts';

export default {
  title: 'nobody answers: the status says so, and the tunnel comes up once the peer is there',
  rfc: ['RFC 7296 §2.4'],
  topology: direct,
  a: { cygnet: cygnet(undefined, { tunnel: { retry: { attempts: 1, interval: '12s' } } }) },
  b: { strongswan: swanctl(mirrored()) },
  start: ['a'],
  steps: [
    { expect: 'status', on: 'a', contains: { connectionStatus: 'stage1Failure', reason: { code: 'no-response' } } },
    { expect: 'nothing-installed', on: 'a' },
    { do: 'start', on: 'b' },
    { expect: 'connected', on: 'both' },
    { expect: 'pings' },
  ],
} satisfies Scenario;
