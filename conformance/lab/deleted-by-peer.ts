import { carries, cygnet, direct, FROM_A, mirrored, swanctl, type Version1 } from './presets.ts';
import type { Scenario } from './scenario.ts';

/** strongSwan deletes everything of a tunnel, or its Child SA alone. */
export function deletedByPeer(version: Partial<Version1>, rfc: readonly string[]): readonly Scenario[] {
  const common = { rfc, topology: direct, b: { strongswan: swanctl(mirrored(), version) } };
  return [
    {
      ...common,
      name: 'everything-waits-again',
      title: 'strongSwan deletes everything of a tunnel that only responds: all goes, and it can come back',
      a: { cygnet: cygnet(FROM_A, { ...version, start: 'respond' }) },
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
        ...carries(),
      ],
    },
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
      name: 'children-wait-again',
      title: 'strongSwan deletes the Child SA of a tunnel that only responds: the IKE SA stays and makes the next one',
      a: { cygnet: cygnet(FROM_A, { ...version, start: 'respond' }) },
      steps: [
        { do: 'up', on: 'b' },
        { expect: 'connected', on: 'both' },
        { do: 'remember-spis' },
        { do: 'delete-children', on: 'b' },
        { expect: 'nothing-installed', on: 'both' },
        { expect: 'status', on: 'a', contains: { ike: { state: 'established' }, children: [] } },
        { expect: 'pings', count: 1, lost: true },
        { do: 'up', on: 'b' },
        { expect: 'connected', on: 'both' },
        { expect: 'spis', of: 'ike', are: 'same' },
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
