import { carries, cygnet, direct, FROM_A, mirrored, swanctl } from '../../lab/presets.ts';
import type { Scenario } from '../../lab/scenario.ts';

/** strongSwan knows only parts of what Cygnet is configured with, and asks for more than Cygnet has. */
const wide = { ...FROM_A, localSubnets: ['10.0.192.0/20'], remoteSubnets: ['10.23.0.0/16', '10.40.0.0/16'] };
const narrow = { ...FROM_A, localSubnets: ['10.0.192.0/24'], remoteSubnets: ['10.23.0.0/16'] };

const common = { rfc: ['RFC 7296 §2.9'], topology: direct };
const negotiated = { localSubnets: ['10.0.192.0/24'], remoteSubnets: ['10.23.0.0/16'] };

export default [
  {
    ...common,
    name: 'initiator',
    title: 'Cygnet accepts the part of its segments that strongSwan narrows them to',
    a: { cygnet: cygnet(wide) },
    b: { strongswan: swanctl(mirrored(narrow)) },
    steps: [
      { expect: 'connected', on: 'both' },
      { expect: 'status', on: 'a', contains: { children: [negotiated] } },
      ...carries(),
    ],
  },
  {
    ...common,
    name: 'responder',
    title: 'Cygnet narrows what strongSwan asks for to its own segments',
    a: { cygnet: cygnet(narrow, { start: 'respond' }) },
    b: { strongswan: swanctl(mirrored(wide)) },
    steps: [
      { do: 'up', on: 'b' },
      { expect: 'connected', on: 'both' },
      { expect: 'status', on: 'a', contains: { children: [negotiated] } },
      ...carries(),
    ],
  },
] satisfies readonly Scenario[];
