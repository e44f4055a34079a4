import { carries, cygnet, direct, FROM_A, mirrored, swanctl, type Version1 } from './presets.ts';
import type { Scenario } from './scenario.ts';

/** strongSwan deletes everything of a tunnel that should be up, or its Child SA alone. */
export function deletedByPeer(version: Partial<Version1>, rfc: readonly string[]): readonly Scenario[] {
  const common = { rfc, topology: direct, b: { strongswan: swanctl(mirrored(), version) } };
  return [
    {
      ...common,
      name: 'everything-reconnects',
      title: 'strongSwan deletes everything of a tunnel that should be up: Cygnet connects again by itself',
      a: { cygnet: cygnet(FROM_A, version) },
      steps: [
        { expect: 'connected', on: 'both' },
        { do: 'remember-spis' },
        { do: 'down', on: 'b' },
        { expect: 'connected', on: 'both' },
        { expect: 'spis', of: 'ike', are: 'new' },
        ...carries(),
      ],
    },
    {
      ...common,
      name: 'children-reconnect',
      title: 'strongSwan deletes the Child SA of a tunnel that should be up: Cygnet makes another one',
      a: { cygnet: cygnet(FROM_A, version) },
      steps: [
        { expect: 'connected', on: 'both' },
        { do: 'remember-spis' },
        { do: 'delete-children', on: 'b' },
        { expect: 'spis', of: 'children', are: 'new' },
        { expect: 'connected', on: 'both' },
        ...carries(),
      ],
    },
  ];
}
