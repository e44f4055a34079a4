import { cygnet, direct, mirrored, swanctl } from '../../lab/presets.ts';
import type { Scenario } from '../../lab/scenario.ts';

const common = { rfc: ['RFC 7296 §1.4.1'], topology: direct, b: { strongswan: swanctl(mirrored()) } };

export default [
  {
    ...common,
    name: 'waits-again',
    title: 'strongSwan deletes the IKE SA of a tunnel that only responds: everything goes, and it can come back',
    a: { cygnet: cygnet(undefined, { start: 'respond' }) },
    steps: [
      { do: 'up', on: 'b' },
      { expect: 'connected', on: 'both' },
      { do: 'down', on: 'b' },
      { expect: 'nothing-installed', on: 'both' },
      { expect: 'status', on: 'a', contains: { ike: null, children: [] } },
      { expect: 'route', on: 'a', to: '10.23.0.0/16', present: false },
      { expect: 'pings', count: 1, lost: true },
      { do: 'up', on: 'b' },
      { expect: 'connected', on: 'both' },
      { expect: 'pings' },
    ],
  },
  {
    ...common,
    name: 'reconnects',
    title: 'strongSwan deletes the IKE SA of a tunnel that should be up: Cygnet connects again by itself',
    a: { cygnet: cygnet() },
    steps: [
      { expect: 'connected', on: 'both' },
      { do: 'down', on: 'b' },
      { expect: 'connected', on: 'both' },
      { expect: 'pings' },
      { expect: 'same-spis' },
    ],
  },
] satisfies readonly Scenario[];
