import { deadPeers } from '../../lab/dead-peer.ts';
import type { Scenario } from '../../lab/scenario.ts';

export default deadPeers({
  version: {},
  rfc: ['RFC 7296 §2.4'],
  asked: 'parsed INFORMATIONAL request \\d+ \\[ \\]',
  answered: 'parsed INFORMATIONAL response \\d+ \\[ \\]',
}) satisfies readonly Scenario[];
