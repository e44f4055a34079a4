import { restartedPeers } from '../../lab/restarted-peer.ts';
import type { Scenario } from '../../lab/scenario.ts';

export default restartedPeers({}, ['RFC 7296 §2.4', 'RFC 7296 §3.10.1']) satisfies readonly Scenario[];
