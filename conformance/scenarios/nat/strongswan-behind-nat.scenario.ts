import { BEHIND_NAT_B, IN_UDP, knowsNat, NAT_OF_B } from '../../lab/nat.ts';
import { carries, cygnet, FROM_A, swanctl } from '../../lab/presets.ts';
import type { Scenario } from '../../lab/scenario.ts';

const group5 = { ike: { dhGroup: 5 }, ipsec: { pfs: 5 } };
const modp1536 = { ike: 'aes128-sha1-modp1536', esp: 'aes128-sha1-modp1536' };

export default {
  title: 'strongSwan behind NAT, whose identity is not its address, connects; ESP travels in UDP',
  rfc: ['RFC 7296 §2.23', 'RFC 3948 §2'],
  topology: NAT_OF_B,
  a: { cygnet: cygnet(FROM_A, { ...group5, start: 'respond' }) },
  b: { strongswan: swanctl(BEHIND_NAT_B, modp1536) },
  steps: [
    { do: 'up', on: 'b' },
    { expect: 'connected', on: 'both' },
    ...carries(),
    IN_UDP,
    knowsNat('a', 'remote'),
    { expect: 'pings', size: 1472, fragmentation: 'dont' },
  ],
} satisfies Scenario;
