import { BEHIND_NAT_B, IN_UDP, knowsNat, NAT_OF_B } from '../../lab/nat.ts';
import { AGGRESSIVE, carries, cygnet, FROM_A, swanctl } from '../../lab/presets.ts';
import type { Scenario } from '../../lab/scenario.ts';

/** Main mode behind NAT is in the table of `planes`. */
export default {
  title: 'Cygnet behind NAT initiates in aggressive mode and moves to port 4500; ESP travels in UDP',
  rfc: ['RFC 3947 §3', 'RFC 3947 §4', 'RFC 3948 §2'],
  topology: NAT_OF_B,
  a: { strongswan: swanctl(FROM_A, AGGRESSIVE) },
  b: { cygnet: cygnet(BEHIND_NAT_B, { ...AGGRESSIVE, gateway: { publicAddress: FROM_A.remote } }) },
  start: ['a', 'b'],
  steps: [{ expect: 'connected', on: 'both' }, ...carries(), IN_UDP, knowsNat('b', 'local')],
} satisfies Scenario;
