import { carries } from '../../lab/presets.ts';
import { bothRoles } from '../../lab/roles.ts';
import type { Scenario } from '../../lab/scenario.ts';
import { TWENTY_BY_TWENTY } from '../../lab/twenty-by-twenty.ts';

export default bothRoles({
  title: 'twenty segments a side share one Child SA',
  rfc: ['RFC 7296 §2.9'],
  link: TWENTY_BY_TWENTY,
  steps: [
    ...carries(),
    { do: 'stop', on: 'a' },
    { expect: 'nothing-installed', on: 'both' },
    { expect: 'nothing-left', on: 'a' },
  ],
}) satisfies readonly Scenario[];
