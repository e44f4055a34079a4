import { BY_LIBIPSEC, IN_USERSPACE, VERSIONS } from '../../lab/libipsec.ts';
import { IN_UDP } from '../../lab/nat.ts';
import { carries } from '../../lab/presets.ts';
import { bothRoles } from '../../lab/roles.ts';
import type { Scenario } from '../../lab/scenario.ts';

export default VERSIONS.flatMap(({ name, options }) =>
  bothRoles({
    name,
    title: `without a NAT, strongSwan asks for ESP in UDP by claiming one; packets of all sizes cross in ${name}`,
    rfc: ['RFC 3948 §2.1', 'RFC 3948 §3.4', 'RFC 4303 §3.3'],
    cygnet: { ...options, ...IN_USERSPACE },
    strongswan: { ...options, ...BY_LIBIPSEC },
    steps: [
      ...carries(),
      IN_UDP,
      { expect: 'status', on: 'a', contains: { children: [{ encap: true }] } },
      { expect: 'pings', size: 0, count: 1 },
      { expect: 'pings', size: 1300, fragmentation: 'do' },
      { expect: 'pings', size: 4000, fragmentation: 'dont' },
      { expect: 'tcp', bytes: 2_000_000 },
      { expect: 'sealed' },
      { do: 'stop', on: 'a' },
      { expect: 'nothing-installed', on: 'both' },
      { expect: 'nothing-left', on: 'a' },
      { do: 'start', on: 'a' },
    ],
  }),
) satisfies readonly Scenario[];
