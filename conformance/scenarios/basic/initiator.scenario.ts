import { carries, cygnet, DEFAULT_SUITE, direct, mirrored, swanctl } from '../../lab/presets.ts';
import type { Scenario } from '../../lab/scenario.ts';

export default {
  title: "Cygnet initiates with the platform's defaults, and its status tells all of it",
  rfc: ['RFC 7296 §1.2', 'RFC 7296 §2.15'],
  topology: direct,
  a: { cygnet: cygnet() },
  b: { strongswan: swanctl(mirrored()) },
  steps: [
    { expect: 'connected', on: 'both' },
    ...carries(),
    { expect: 'kernel-algorithms', names: ['cbc(aes)', 'hmac(sha1)'] },
    { expect: 'route', on: 'a', to: '10.23.0.0/16', present: true },
    { expect: 'exit-status', on: 'a', of: ['status'], is: 0 },
    {
      expect: 'status',
      on: 'a',
      contains: {
        gateway: 'gw1',
        peer: 'idc',
        resourceStatus: 'running',
        reason: null,
        nextAttemptAt: null,
        ike: {
          version: 2,
          state: 'established',
          role: 'initiator',
          localId: '106.75.234.78',
          remoteId: '113.31.113.78',
          proposal: DEFAULT_SUITE,
          nat: { local: false, remote: false },
        },
        children: [
          {
            protocol: 'esp',
            mode: 'tunnel',
            encap: false,
            proposal: 'aes128-sha1',
            localSubnets: ['10.0.192.0/20'],
            remoteSubnets: ['10.23.0.0/16'],
          },
        ],
      },
    },
  ],
} satisfies Scenario;
