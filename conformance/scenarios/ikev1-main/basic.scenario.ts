import { carries, DEFAULT_SUITE, MAIN } from '../../lab/presets.ts';
import { bothRoles } from '../../lab/roles.ts';
import type { Scenario } from '../../lab/scenario.ts';

/** Messages of the exchange Identity Protection (2). */
const MAIN_MODE = 'udp port 500 and udp[26] = 2';

const established = {
  resourceStatus: 'running',
  reason: null,
  nextAttemptAt: null,
  ike: {
    version: 1,
    state: 'established',
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
      proposal: DEFAULT_SUITE,
      localSubnets: ['10.0.192.0/20'],
      remoteSubnets: ['10.23.0.0/16'],
    },
  ],
};

export default [
  ...bothRoles({
    title: "Main Mode and Quick Mode with the platform's defaults",
    rfc: ['RFC 2409 §5.4', 'RFC 2409 §5.5', 'RFC 2407 §4.5'],
    cygnet: MAIN,
    strongswan: MAIN,
    steps: [
      ...carries(),
      { expect: 'captured', filter: MAIN_MODE, atLeast: 6 },
      { expect: 'kernel-algorithms', names: ['cbc(aes)', 'hmac(sha1)'] },
      { expect: 'route', on: 'a', to: '10.23.0.0/16', present: true },
      { expect: 'exit-status', on: 'a', of: ['status'], is: 0 },
      { expect: 'status', on: 'a', contains: established },
    ],
  }),
  ...bothRoles({
    name: 'no-pfs',
    title: 'Main Mode, and Quick Mode without PFS',
    rfc: ['RFC 2409 §5.5'],
    cygnet: { ...MAIN, ipsec: { pfs: 'none' } },
    strongswan: { ...MAIN, esp: 'aes128-sha1' },
    steps: [...carries()],
  }),
] satisfies readonly Scenario[];
