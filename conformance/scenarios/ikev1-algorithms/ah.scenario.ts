import { HASHES } from '../../lab/algorithms.ts';
import { carries, MAIN } from '../../lab/presets.ts';
import { alternating, inRole } from '../../lab/roles.ts';
import type { Scenario } from '../../lab/scenario.ts';

export default HASHES.map((hash, index) => ({
  ...inRole(alternating(index), {
    title: `AH with ${hash} authenticates the traffic`,
    rfc: ['RFC 2407 §4.4.3', 'RFC 4302 §3.1.2'],
    cygnet: { ...MAIN, ipsec: { protocol: 'ah', authentication: hash } },
    strongswan: { ...MAIN, ah: `${hash}-modp1024` },
    steps: [
      ...carries({ authenticatedOnly: true }),
      { expect: 'kernel-algorithms', names: [`hmac(${hash})`] },
      { expect: 'captured', filter: 'ah', atLeast: 12 },
      { expect: 'status', on: 'a', contains: { children: [{ protocol: 'ah', proposal: `${hash}-modp1024` }] } },
    ],
  }),
  name: hash,
})) satisfies readonly Scenario[];
