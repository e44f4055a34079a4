import { BY_LIBIPSEC, IN_USERSPACE, VERSIONS } from '../../lab/libipsec.ts';
import { anew, underTraffic } from '../../lab/replacement.ts';
import { inRole } from '../../lab/roles.ts';
import type { Scenario } from '../../lab/scenario.ts';

const DAEMONS = { a: 'Cygnet', b: 'strongSwan' } as const;

export default VERSIONS.flatMap(({ name: version, options }) =>
  (['a', 'b'] as const).map((side) => ({
    ...inRole(side === 'a' ? 'initiator' : 'responder', {
      title: `${DAEMONS[side]} rekeys the Child SA twice and the IKE SA once in ${version}: no packet is lost`,
      rfc: ['RFC 7296 §2.8', 'RFC 2409 §5.5'],
      cygnet: { ...options, ...IN_USERSPACE },
      strongswan: { ...options, ...BY_LIBIPSEC },
      steps: [
        ...underTraffic(
          [
            ...anew('children', 2, { do: 'rekey', on: side, what: 'children' }),
            ...anew('ike', 1, { do: 'rekey', on: side, what: 'ike' }),
          ],
          150,
        ),
        // In IKEv1 what was replaced stays where nobody deletes it, until its lifetime ends.
        ...(version === 'ikev2' ? [{ expect: 'same-spis' } as const] : [{ expect: 'connected', on: 'both' } as const]),
      ],
    }),
    name: `${version}-by-${DAEMONS[side].toLowerCase()}`,
  })),
) satisfies readonly Scenario[];
