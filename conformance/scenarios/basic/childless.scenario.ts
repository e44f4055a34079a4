import { carries } from '../../lab/presets.ts';
import { inRole } from '../../lab/roles.ts';
import type { Scenario, Step } from '../../lab/scenario.ts';

const rfc = ['RFC 6023'];

/** With PFS, as the first Child SA has only here. */
const steps: readonly Step[] = [
  { expect: 'status', on: 'a', contains: { children: [{ proposal: 'aes128-sha1-modp1024' }] } },
  ...carries(),
];

export default [
  inRole('initiator', {
    title: 'an IKE SA that begins without a Child SA',
    rfc,
    cygnet: { ike: { childless: true } },
    steps,
  }),
  inRole('responder', {
    title: 'an IKE SA that begins without a Child SA',
    rfc,
    strongswan: { connection: { childless: 'force' } },
    steps,
  }),
] satisfies readonly Scenario[];
