import { MAIN } from '../../lab/presets.ts';
import { refusals } from '../../lab/refusals.ts';
import type { Scenario } from '../../lab/scenario.ts';

export default refusals({
  title: 'the segments have nothing in common',
  rfc: ['RFC 2409 §5.5', 'RFC 2408 §3.14.1'],
  link: { localSubnets: ['10.99.0.0/24'], remoteSubnets: ['10.98.0.0/24'] },
  algorithms: MAIN,
  cygnet: MAIN,
  initiator: { stage: 2, code: 'traffic-selectors-unacceptable' },
  responder: { stage: 2, code: 'traffic-selectors-unacceptable' },
}) satisfies readonly Scenario[];
