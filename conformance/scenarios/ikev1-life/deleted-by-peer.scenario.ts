import { deletedByPeer } from '../../lab/deleted-by-peer.ts';
import { MAIN } from '../../lab/presets.ts';
import type { Scenario } from '../../lab/scenario.ts';

export default deletedByPeer(MAIN, ['RFC 2408 §3.15', 'RFC 2408 §5.15']) satisfies readonly Scenario[];
