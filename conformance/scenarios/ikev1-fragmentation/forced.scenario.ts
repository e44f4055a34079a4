import { AGGRESSIVE, carries, direct, MAIN } from '../../lab/presets.ts';
import { bothRoles } from '../../lab/roles.ts';
import type { Scenario } from '../../lab/scenario.ts';

/** Messages whose first payload is a fragment (132), on either port. */
const FRAGMENTS = '((udp port 500 and udp[24] = 132) or (udp port 4500 and udp[8:4] = 0 and udp[28] = 132))';

/** strongSwan fragments from its first message on, without knowing yet whether the peer can put them together. */
const forced = { connection: { fragmentation: 'force' }, charon: { fragment_size: 320 } };

export default [
  ...bothRoles({
    name: 'main',
    title: 'Cygnet puts together the fragments of the longer messages of Main and Quick Mode',
    rfc: ['RFC 2408 §3.1'],
    cygnet: MAIN,
    strongswan: { ...MAIN, ...forced },
    steps: [{ expect: 'captured', filter: `src host ${direct.b.address} and ${FRAGMENTS}`, atLeast: 2 }, ...carries()],
  }),
  ...bothRoles({
    name: 'aggressive',
    title: 'Cygnet puts together the fragments of Aggressive and Quick Mode, those of the first message too',
    rfc: ['RFC 2408 §3.1'],
    cygnet: AGGRESSIVE,
    strongswan: { ...AGGRESSIVE, ...forced },
    steps: [{ expect: 'captured', filter: `src host ${direct.b.address} and ${FRAGMENTS}`, atLeast: 4 }, ...carries()],
  }),
] satisfies readonly Scenario[];
