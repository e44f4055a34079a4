import { AES_GCM, CBC_WITH_HASH } from '../../lab/algorithms.ts';
import { BY_LIBIPSEC, IN_USERSPACE, VERSIONS } from '../../lab/libipsec.ts';
import { carries } from '../../lab/presets.ts';
import { alternating, inRole } from '../../lab/roles.ts';
import type { Scenario } from '../../lab/scenario.ts';

const COMBINED = [...AES_GCM, 'chacha20poly1305'];
const NAMES = [...CBC_WITH_HASH.map(({ name }) => name), ...COMBINED];

export default VERSIONS.flatMap(({ name: version, options }) =>
  // IKEv1 has no number for ChaCha20.
  NAMES.filter((name) => version === 'ikev2' || name !== 'chacha20poly1305').map((name, index) => ({
    ...inRole(alternating(index), {
      title: `${name} protects ESP between two daemons' own data planes, in ${version}`,
      rfc: ['RFC 4303 §3.2', 'RFC 8221 §5'],
      cygnet: {
        ...options,
        ...IN_USERSPACE,
        ike: { encryption: 'aes128', authentication: 'sha256', dhGroup: 19 },
        ipsec: { proposals: [`${name}-ecp256`] },
      },
      strongswan: { ...options, ...BY_LIBIPSEC, ike: 'aes128-sha256-ecp256', esp: `${name}-ecp256` },
      steps: [...carries(), { expect: 'pings', size: 1301, count: 2 }],
    }),
    name: `${version}-${name}`,
  })),
) satisfies readonly Scenario[];
