import { BEHIND_NAT_B, IN_UDP, knowsNat, NAT_OF_B } from '../../lab/nat.ts';
import { carries, cygnet, FROM_A, swanctl } from '../../lab/presets.ts';
import type { Scenario } from '../../lab/scenario.ts';

export default {
  title: 'Cygnet behind NAT, told its public address, initiates; ESP travels in UDP',
  rfc: ['RFC 7296 §2.23', 'RFC 3948 §2'],
  topology: NAT_OF_B,
  a: { strongswan: swanctl() },
  b: { cygnet: cygnet(BEHIND_NAT_B, { gateway: { publicAddress: FROM_A.remote } }) },
  start: ['a', 'b'],
  steps: [{ expect: 'connected', on: 'both' }, ...carries(), IN_UDP, knowsNat('b', 'local')],
} satisfies Scenario;
