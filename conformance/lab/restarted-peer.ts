import { carries, cygnet, direct, FROM_A, mirrored, swanctl, type Version1 } from './presets.ts';
import type { Scenario, Step } from './scenario.ts';

/** strongSwan loses all that it has, and calls again. */
export const STARTED_ANEW: readonly Step[] = [
  { do: 'up', on: 'b' },
  { expect: 'connected', on: 'both' },
  { do: 'remember-spis' },
  { do: 'power-off', on: 'b' },
  { do: 'start', on: 'b' },
  { do: 'up', on: 'b' },
  { expect: 'spis', of: 'children', are: 'new' },
];

/** So patient that it is not DPD that clears up. */
const tunnel = { dpd: { delay: '1h', timeout: '1h' } };

/** The two ends of a tunnel, of which Cygnet only responds. */
export function patientResponder(version: Partial<Version1>) {
  return {
    topology: direct,
    a: { cygnet: cygnet(FROM_A, { ...version, tunnel, start: 'respond' }) },
    b: { strongswan: swanctl(mirrored(), version) },
  } as const;
}

/** Either end dies and comes back, and says that it has nothing of what there was. */
export function restartedPeers(version: Partial<Version1>, rfc: readonly string[]): readonly Scenario[] {
  return [
    {
      ...patientResponder(version),
      rfc,
      name: 'strongswan',
      title: 'strongSwan starts anew and says INITIAL-CONTACT: what there was of it is replaced',
      steps: [...STARTED_ANEW, ...carries()],
    },
    {
      ...patientResponder(version),
      rfc,
      name: 'cygnet',
      title: 'Cygnet starts anew and says INITIAL-CONTACT: strongSwan replaces what it had',
      a: { cygnet: cygnet(FROM_A, version) },
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
  ];
}
