import { carries, cygnet, direct, MAIN, mirrored, swanctl } from '../../lab/presets.ts';
import type { Scenario } from '../../lab/scenario.ts';
import { TWENTY_BY_TWENTY } from '../../lab/twenty-by-twenty.ts';

export default {
  title: 'twenty segments a side take four hundred Quick Modes, and strongSwan loses track of none',
  rfc: ['RFC 2409 §5.5'],
  topology: direct,
  // Without PFS: sixteen hundred operations of Diffie-Hellman would show nothing more.
  a: { cygnet: cygnet(TWENTY_BY_TWENTY, { ...MAIN, ipsec: { pfs: 'none' } }) },
  b: { strongswan: swanctl(mirrored(TWENTY_BY_TWENTY), { ...MAIN, esp: 'aes128-sha1' }) },
  steps: [
    { expect: 'sa-count', on: 'a', of: 'children', is: 400 },
    { expect: 'connected', on: 'both' },
    ...carries({ children: 400 }),
    { expect: 'sa-count', on: 'b', of: 'ike', is: 1 },
  ],
} satisfies Scenario;
