import { AGGRESSIVE, carries, DEFAULT_SUITE } from '../../lab/presets.ts';
import { bothRoles } from '../../lab/roles.ts';
import type { Scenario } from '../../lab/scenario.ts';

/** Messages of the exchange Aggressive (4). */
const AGGRESSIVE_MODE = 'udp port 500 and udp[26] = 4';

export default [
  ...bothRoles({
    title: "Aggressive Mode and Quick Mode with the platform's defaults",
    rfc: ['RFC 2409 §5.4', 'RFC 2409 §5.5'],
    cygnet: AGGRESSIVE,
    strongswan: AGGRESSIVE,
    steps: [
      ...carries(),
      { expect: 'captured', filter: AGGRESSIVE_MODE, atLeast: 3 },
      {
        expect: 'status',
        on: 'a',
        contains: { reason: null, ike: { version: 1, state: 'established', proposal: DEFAULT_SUITE } },
      },
    ],
  }),
  ...bothRoles({
    name: 'no-pfs',
    title: 'Aggressive Mode, and Quick Mode without PFS',
    rfc: ['RFC 2409 §5.5'],
    cygnet: { ...AGGRESSIVE, ipsec: { pfs: 'none' } },
    strongswan: { ...AGGRESSIVE, esp: 'aes128-sha1' },
    steps: [...carries()],
  }),
] satisfies readonly Scenario[];
