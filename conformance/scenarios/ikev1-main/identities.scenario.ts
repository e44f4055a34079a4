import { carries, FROM_A, MAIN } from '../../lab/presets.ts';
import { bothRoles } from '../../lab/roles.ts';
import type { Scenario } from '../../lab/scenario.ts';

const kinds = [
  { name: 'fqdn', localId: 'hq.example.com', remoteId: 'branch.example.net' },
  { name: 'rfc822', localId: 'ops@hq.example.com', remoteId: 'ops@branch.example.net' },
];

export default kinds.flatMap(({ name, localId, remoteId }) =>
  bothRoles({
    name,
    title: `both ends name themselves by ${name} identities in Main Mode, where the key goes by the address`,
    rfc: ['RFC 2407 §4.6.2', 'RFC 2409 §5.4'],
    link: { ...FROM_A, localId, remoteId },
    cygnet: MAIN,
    strongswan: MAIN,
    steps: [{ expect: 'status', on: 'a', contains: { ike: { localId, remoteId } } }, ...carries()],
  }),
) satisfies readonly Scenario[];
