import { carries, cygnet, direct, FROM_A, MAIN, mirrored, swanctl } from '../../lab/presets.ts';
import type { Scenario } from '../../lab/scenario.ts';

const common = {
  rfc: ['RFC 2408 §3.15', 'RFC 2408 §5.15'],
  topology: direct,
  b: { strongswan: swanctl(mirrored(), MAIN) },
};
const initiates = { cygnet: cygnet(FROM_A, MAIN) };
const responds = { cygnet: cygnet(FROM_A, { ...MAIN, start: 'respond' }) };

export default [
  {
    ...common,
    name: 'everything-waits-again',
    title: 'strongSwan deletes everything of a tunnel that only responds: all goes, and it can come back',
    a: responds,
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
    a: initiates,
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
    a: responds,
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
    a: initiates,
    steps: [
      { expect: 'connected', on: 'both' },
      { do: 'remember-spis' },
      { do: 'delete-children', on: 'b' },
      { expect: 'spis', of: 'children', are: 'new' },
      { expect: 'connected', on: 'both' },
      ...carries(),
    ],
  },
] satisfies readonly Scenario[];
