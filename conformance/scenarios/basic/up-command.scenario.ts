import { carries, cygnet, direct, mirrored, swanctl } from '../../lab/presets.ts';
import type { Scenario } from '../../lab/scenario.ts';

export default {
  title: '`cygnet up` brings up a tunnel that only waited, and `cygnet down` takes it down at both ends',
  rfc: ['RFC 7296 §1.2', 'RFC 7296 §1.4.1'],
  topology: direct,
  a: { cygnet: cygnet(undefined, { start: 'respond' }) },
  b: { strongswan: swanctl(mirrored()) },
  steps: [
    { do: 'up', on: 'a' },
    { expect: 'connected', on: 'both' },
    ...carries(),
    { do: 'down', on: 'a' },
    { expect: 'nothing-installed', on: 'both' },
    { expect: 'route', on: 'a', to: '10.23.0.0/16', present: false },
    { do: 'up', on: 'a' },
    { expect: 'connected', on: 'both' },
    { expect: 'pings' },
  ],
} satisfies Scenario;
