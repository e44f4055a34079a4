import { carries, cygnet, direct, mirrored, swanctl } from '../../lab/presets.ts';
import type { Scenario } from '../../lab/scenario.ts';

/** IKE_SA_INIT messages whose first payload is the COOKIE notification (16390). */
const COOKIES = 'udp port 500 and udp[24] = 41 and udp[42:2] = 16390';

export default [
  {
    name: 'initiator',
    title: 'strongSwan, which already has half-open IKE SAs, demands a cookie, and Cygnet returns it',
    rfc: ['RFC 7296 §2.6'],
    topology: direct,
    a: { cygnet: cygnet() },
    b: { strongswan: swanctl(mirrored(), { charon: { cookie_threshold: 2 } }) },
    start: ['b'],
    steps: [
      { do: 'half-open', towards: 'b', count: 4 },
      { do: 'start', on: 'a' },
      { expect: 'connected', on: 'both' },
      { expect: 'captured', filter: `src host ${direct.b.address} and ${COOKIES}`, atLeast: 1 },
      { expect: 'captured', filter: `src host ${direct.a.address} and ${COOKIES}`, atLeast: 1 },
      { expect: 'pings' },
    ],
  },
  {
    name: 'responder',
    title: 'Cygnet, which already has half-open IKE SAs, demands a cookie, and strongSwan returns it',
    rfc: ['RFC 7296 §2.6', 'RFC 8019 §4'],
    topology: direct,
    a: { cygnet: cygnet(undefined, { start: 'respond' }) },
    b: { strongswan: swanctl(mirrored()) },
    steps: [
      { do: 'half-open', towards: 'a', count: 4 },
      { do: 'up', on: 'b' },
      { expect: 'connected', on: 'both' },
      { expect: 'captured', filter: `src host ${direct.a.address} and ${COOKIES}`, atLeast: 1 },
      ...carries(),
    ],
  },
] satisfies readonly Scenario[];
