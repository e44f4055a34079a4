import { MAIN } from '../../lab/presets.ts';
import type { Scenario } from '../../lab/scenario.ts';
import { sharedIkeSas } from '../../lab/shared-ike-sa.ts';

export default sharedIkeSas(MAIN, ['RFC 2409 §5.5', 'RFC 2407 §4.6.3.3']) satisfies readonly Scenario[];
