import { carries, THREE_BY_THREE, THREE_BY_THREE_SITES } from '../../lab/presets.ts';
import { bothRoles } from '../../lab/roles.ts';
import type { Scenario } from '../../lab/scenario.ts';

export default bothRoles({
  title: 'three segments a side share one Child SA, and every pair carries traffic',
  rfc: ['RFC 7296 §2.9'],
  topology: THREE_BY_THREE_SITES,
  link: THREE_BY_THREE,
  steps: [...carries({ allPairs: true })],
}) satisfies readonly Scenario[];
