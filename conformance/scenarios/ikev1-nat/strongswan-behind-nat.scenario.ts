import { BEHIND_NAT_B, IN_UDP, knowsNat, NAT_OF_B } from '../../lab/nat.ts';
import { AGGRESSIVE, carries, cygnet, FROM_A, swanctl } from '../../lab/presets.ts';
import type { Scenario } from '../../lab/scenario.ts';

/** Main mode behind NAT is in the table of `planes`. */
export default {
  title: 'strongSwan behind NAT connects in aggressive mode and moves to port 4500; ESP travels in UDP',
  rfc: ['RFC 3947 §3', 'RFC 3947 §4', 'RFC 3948 §2'],
  topology: NAT_OF_B,
  a: { cygnet: cygnet(FROM_A, { ...AGGRESSIVE, start: 'respond' }) },
  b: { strongswan: swanctl(BEHIND_NAT_B, AGGRESSIVE) },
  steps: [
    { do: 'up', on: 'b' },
    { expect: 'connected', on: 'both' },
    ...carries(),
    IN_UDP,
    knowsNat('a', 'remote'),
    { expect: 'pings', size: 1472, fragmentation: 'dont' },
    // From here on it is the mapping of port 4500 that has to be used.
    { do: 'rekey', on: 'b', what: 'children' },
    { expect: 'pings' },
  ],
} satisfies Scenario;
