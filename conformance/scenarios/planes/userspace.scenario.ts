import { lifeBehaviours } from '../../lab/life-behaviours.ts';
import { pathBehaviours } from '../../lab/path-behaviours.ts';
import type { Scenario } from '../../lab/scenario.ts';

export default [...lifeBehaviours('userspace'), ...pathBehaviours('userspace')] satisfies readonly Scenario[];
