import { cygnet, direct, mirrored, swanctl } from '../../lab/presets.ts';
import type { Scenario } from '../../lab/scenario.ts';

export default {
  title: 'a stopped daemon leaves nothing behind, tells the peer, and touches nothing of other programs',
  rfc: ['RFC 7296 §1.4.1'],
  topology: direct,
  a: { cygnet: cygnet() },
  b: { strongswan: swanctl(mirrored()) },
  start: ['b'],
  steps: [
    { do: 'foreign-state', on: 'a' },
    { do: 'start', on: 'a' },
    { expect: 'connected', on: 'both' },
    { expect: 'pings' },
    { do: 'stop', on: 'a' },
    { expect: 'nothing-left', on: 'a' },
    { expect: 'nothing-installed', on: 'b' },
    { expect: 'foreign-untouched', on: 'a' },
    { do: 'start', on: 'a' },
    { expect: 'connected', on: 'both' },
    { expect: 'pings' },
  ],
} satisfies Scenario;
