import { deletedByPeer } from '../../lab/deleted-by-peer.ts';
import type { Scenario } from '../../lab/scenario.ts';

export default deletedByPeer({}, ['RFC 7296 §1.4.1']) satisfies readonly Scenario[];
