import { AGGRESSIVE, MAIN } from '../../lab/presets.ts';
import { patientResponder, restartedPeers, STARTED_ANEW } from '../../lab/restarted-peer.ts';
import type { Scenario } from '../../lab/scenario.ts';

const rfc = ['RFC 2407 §4.6.3.3'];

export default [
  ...restartedPeers(MAIN, rfc),
  {
    ...patientResponder(AGGRESSIVE),
    rfc,
    name: 'aggressive',
    title: 'strongSwan starts anew in Aggressive Mode, where it says no INITIAL-CONTACT: the new SAs carry the traffic',
    steps: [...STARTED_ANEW, { expect: 'pings' }, { expect: 'sealed' }],
  },
] satisfies readonly Scenario[];
