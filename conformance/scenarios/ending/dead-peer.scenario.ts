import { cygnet, direct, mirrored, swanctl } from '../../lab/presets.ts';
import type { Scenario } from '../../lab/scenario.ts';

const tunnel = { dpd: { delay: '2s', timeout: '6s', action: 'restart' } };

export default {
  title: 'a peer that dies without a word is noticed, its state removed, and the tunnel comes back with it',
  rfc: ['RFC 7296 §2.4'],
  topology: direct,
  a: { cygnet: cygnet(undefined, { tunnel }) },
  b: { strongswan: swanctl(mirrored()) },
  steps: [
    { expect: 'connected', on: 'both' },
    { do: 'kill', on: 'b' },
    { expect: 'nothing-installed', on: 'a' },
    { expect: 'route', on: 'a', to: '10.23.0.0/16', present: false },
    { expect: 'pings', count: 1, lost: true },
    { do: 'start', on: 'b' },
    { expect: 'connected', on: 'both' },
    { expect: 'pings' },
  ],
} satisfies Scenario;
