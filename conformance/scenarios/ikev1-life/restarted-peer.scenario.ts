import { AGGRESSIVE, carries, cygnet, direct, FROM_A, MAIN, mirrored, swanctl } from '../../lab/presets.ts';
import type { Scenario, Step } from '../../lab/scenario.ts';

/** So patient that it is not DPD that clears up. */
const tunnel = { dpd: { delay: '1h', timeout: '1h' } };
const common = { rfc: ['RFC 2407 §4.6.3.3'], topology: direct };

const startedAnew: readonly Step[] = [
  { do: 'up', on: 'b' },
  { expect: 'connected', on: 'both' },
  { do: 'remember-spis' },
  { do: 'power-off', on: 'b' },
  { do: 'start', on: 'b' },
  { do: 'up', on: 'b' },
  { expect: 'spis', of: 'children', are: 'new' },
];

export default [
  {
    ...common,
    name: 'main',
    title: 'strongSwan starts anew and says INITIAL-CONTACT: what there was of it is replaced',
    a: { cygnet: cygnet(FROM_A, { ...MAIN, tunnel, start: 'respond' }) },
    b: { strongswan: swanctl(mirrored(), MAIN) },
    steps: [...startedAnew, ...carries()],
  },
  {
    ...common,
    name: 'aggressive',
    title: 'strongSwan starts anew in Aggressive Mode, where it says no INITIAL-CONTACT: the new SAs carry the traffic',
    a: { cygnet: cygnet(FROM_A, { ...AGGRESSIVE, tunnel, start: 'respond' }) },
    b: { strongswan: swanctl(mirrored(), AGGRESSIVE) },
    steps: [...startedAnew, { expect: 'pings' }, { expect: 'sealed' }],
  },
  {
    ...common,
    name: 'cygnet',
    title: 'Cygnet starts anew and says INITIAL-CONTACT: strongSwan replaces what it had',
    a: { cygnet: cygnet(FROM_A, MAIN) },
    b: { strongswan: swanctl(mirrored(), MAIN) },
    steps: [
      { expect: 'connected', on: 'both' },
      { do: 'remember-spis' },
      { do: 'power-off', on: 'a' },
      { do: 'start', on: 'a' },
      { expect: 'connected', on: 'a' },
      { expect: 'spis', of: 'children', are: 'new' },
      { expect: 'sa-count', on: 'b', of: 'ike', is: 1 },
      ...carries(),
    ],
  },
] satisfies readonly Scenario[];
