import { MAIN } from '../../lab/presets.ts';
import { refusals } from '../../lab/refusals.ts';
import type { Scenario } from '../../lab/scenario.ts';

export default refusals({
  title: 'no proposal of ESP is common',
  rfc: ['RFC 2409 §5.5', 'RFC 2408 §5.14'],
  algorithms: { ...MAIN, esp: 'aes256-sha256-modp1024' },
  cygnet: MAIN,
  initiator: { stage: 2, code: 'no-proposal-chosen' },
  responder: { stage: 2, code: 'no-proposal-chosen' },
}) satisfies readonly Scenario[];
