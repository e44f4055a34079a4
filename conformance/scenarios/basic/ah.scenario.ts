import { carries, cygnet, direct, mirrored, swanctl } from '../../lab/presets.ts';
import type { Scenario } from '../../lab/scenario.ts';

const rows = ['md5', 'sha1', 'sha256', 'sha384', 'sha512'].map((hash, index) => ({
  hash,
  initiates: index % 2 === 0,
}));

export default rows.map(({ hash, initiates }) => ({
  name: hash,
  title: `AH with ${hash} authenticates the traffic, ${initiates ? 'Cygnet' : 'strongSwan'} initiating`,
  rfc: ['RFC 4302 §3.1.2', 'RFC 7296 §3.3.1'],
  topology: direct,
  a: {
    cygnet: cygnet(undefined, {
      start: initiates ? 'initiate' : 'respond',
      ipsec: { protocol: 'ah', authentication: hash },
    }),
  },
  b: { strongswan: swanctl(mirrored(), { ah: `${hash}-modp1024` }) },
  steps: [
    ...(initiates ? [] : [{ do: 'up', on: 'b' } as const]),
    { expect: 'connected', on: 'both' },
    ...carries({ authenticatedOnly: true }),
    { expect: 'kernel-algorithms', names: [`hmac(${hash})`] },
    { expect: 'captured', filter: 'ah', atLeast: 12 },
    { expect: 'status', on: 'a', contains: { children: [{ protocol: 'ah', proposal: hash }] } },
  ],
})) satisfies readonly Scenario[];
