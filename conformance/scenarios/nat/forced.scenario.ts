import { IN_UDP, NO_BARE_ESP } from '../../lab/nat.ts';
import { carries, cygnet, direct, MAIN, mirrored, swanctl } from '../../lab/presets.ts';
import type { Expectation, Scenario } from '../../lab/scenario.ts';

const FORCED = { ipsec: { encapsulation: 'udp' } };

/** Cygnet says that it is behind a NAT, and sees none at the other end. */
const forcedAt = (on: 'a' | 'b'): Expectation => ({
  expect: 'status',
  on,
  contains: { ike: { nat: { local: true, remote: false, forced: true } }, children: [{ encap: true }] },
});

export default [
  {
    name: 'ikev2-initiator',
    title: 'Cygnet initiates and wants ESP in UDP on a path without NAT: strongSwan goes along, also after rekeyings',
    rfc: ['RFC 7296 §2.23', 'RFC 3948 §2'],
    topology: direct,
    a: { cygnet: cygnet(undefined, FORCED) },
    b: { strongswan: swanctl(mirrored()) },
    start: ['b', 'a'],
    steps: [
      { expect: 'connected', on: 'both' },
      ...carries(),
      IN_UDP,
      forcedAt('a'),
      { do: 'remember-spis' },
      { do: 'rekey', on: 'b', what: 'ike' },
      { do: 'rekey', on: 'b', what: 'children' },
      { expect: 'spis', of: 'children', are: 'new' },
      { expect: 'pings' },
      forcedAt('a'),
      { expect: 'sealed' },
      NO_BARE_ESP,
    ],
  },
  {
    name: 'ikev1-responder',
    title: 'Cygnet answers in main mode and wants ESP in UDP on a path without NAT: strongSwan goes along',
    rfc: ['RFC 3947 §3.2', 'RFC 3948 §2'],
    topology: direct,
    a: { cygnet: cygnet(undefined, { ...MAIN, ...FORCED, start: 'respond' }) },
    b: { strongswan: swanctl(mirrored(), MAIN) },
    steps: [
      { do: 'up', on: 'b' },
      { expect: 'connected', on: 'both' },
      ...carries(),
      IN_UDP,
      forcedAt('a'),
      { do: 'rekey', on: 'b', what: 'children' },
      { expect: 'pings' },
      { expect: 'sealed' },
      NO_BARE_ESP,
    ],
  },
] satisfies readonly Scenario[];
