import { deadPeers } from '../../lab/dead-peer.ts';
import { MAIN } from '../../lab/presets.ts';
import type { Scenario } from '../../lab/scenario.ts';

export default deadPeers({
  version: MAIN,
  rfc: ['RFC 3706 §5.4', 'RFC 3706 §5.5'],
  asked: '\\[ HASH N\\(DPD\\) \\]',
  answered: 'parsed INFORMATIONAL_V1 request \\d+ \\[ HASH N\\(DPD_ACK\\) \\]',
}) satisfies readonly Scenario[];
