import type { Scenario } from '../../lab/scenario.ts';
import { sharedIkeSas } from '../../lab/shared-ike-sa.ts';

export default sharedIkeSas({}, ['RFC 7296 §1.3.1', 'RFC 7296 §2.9']) satisfies readonly Scenario[];
