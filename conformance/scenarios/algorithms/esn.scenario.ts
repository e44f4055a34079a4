import { carries } from '../../lab/presets.ts';
import { bothRoles } from '../../lab/roles.ts';
import type { Scenario } from '../../lab/scenario.ts';

export default bothRoles({
  title: 'extended sequence numbers are negotiated, and the kernels count with them',
  rfc: ['RFC 7296 §3.3.2', 'RFC 4303 §2.2.1'],
  cygnet: { ipsec: { proposals: ['aes128gcm16-ecp256-esn'] } },
  strongswan: { esp: 'aes128gcm16-ecp256-esn' },
  steps: [
    { expect: 'status', on: 'a', contains: { children: [{ proposal: 'aes128gcm16-esn' }] } },
    { expect: 'kernel-flags', names: ['esn'] },
    ...carries(),
  ],
}) satisfies readonly Scenario[];
