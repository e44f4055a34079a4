import { carries, cygnet, direct, FROM_A, MAIN, mirrored, swanctl } from '../../lab/presets.ts';
import type { Scenario } from '../../lab/scenario.ts';

const common = {
  rfc: ['RFC 2408 §3.15', 'RFC 2408 §5.15'],
  topology: direct,
  b: { strongswan: swanctl(mirrored(), MAIN) },
};

export default [
  {
    ...common,
    name: 'commands',
    title: '`cygnet up` brings up a tunnel that only waited, `cygnet down` takes it down at both ends',
    a: { cygnet: cygnet(FROM_A, { ...MAIN, start: 'respond' }) },
    steps: [
      { do: 'up', on: 'a' },
      { expect: 'connected', on: 'both' },
      ...carries(),
      { do: 'down', on: 'a' },
      { expect: 'nothing-installed', on: 'both' },
      { expect: 'sa-count', on: 'b', of: 'ike', is: 0 },
      { expect: 'route', on: 'a', to: '10.23.0.0/16', present: false },
      { do: 'up', on: 'a' },
      { expect: 'connected', on: 'both' },
      { expect: 'pings' },
    ],
  },
  {
    ...common,
    name: 'clean-stop',
    title: 'a stopped daemon leaves nothing behind, tells the peer, and touches nothing of other programs',
    a: { cygnet: cygnet(FROM_A, MAIN) },
    start: ['b'],
    steps: [
      { do: 'foreign-state', on: 'a' },
      { do: 'start', on: 'a' },
      { expect: 'connected', on: 'both' },
      { expect: 'pings' },
      { do: 'stop', on: 'a' },
      { expect: 'nothing-left', on: 'a' },
      { expect: 'nothing-installed', on: 'b' },
      { expect: 'sa-count', on: 'b', of: 'ike', is: 0 },
      { expect: 'foreign-untouched', on: 'a' },
      { do: 'start', on: 'a' },
      { expect: 'connected', on: 'both' },
      { expect: 'pings' },
    ],
  },
] satisfies readonly Scenario[];
