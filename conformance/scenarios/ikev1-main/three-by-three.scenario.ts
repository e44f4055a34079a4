import { carries, MAIN, THREE_BY_THREE, THREE_BY_THREE_SITES } from '../../lab/presets.ts';
import { bothRoles } from '../../lab/roles.ts';
import type { Scenario } from '../../lab/scenario.ts';

export default bothRoles({
  title: 'three segments a side take nine Quick Modes, and every pair carries traffic',
  rfc: ['RFC 2409 §5.5', 'RFC 2407 §4.6.2'],
  topology: THREE_BY_THREE_SITES,
  link: THREE_BY_THREE,
  cygnet: MAIN,
  strongswan: MAIN,
  steps: [
    { expect: 'sa-count', on: 'b', of: 'ike', is: 1 },
    ...carries({ children: 9, allPairs: true }),
    { expect: 'sa-count', on: 'a', of: 'children', is: 9 },
  ],
}) satisfies readonly Scenario[];
