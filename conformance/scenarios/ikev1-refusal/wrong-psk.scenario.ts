import { AGGRESSIVE, MAIN } from '../../lab/presets.ts';
import { refusals } from '../../lab/refusals.ts';
import type { Scenario } from '../../lab/scenario.ts';

/** In Main Mode neither end can read what the other one says from the fifth message on, refusals included. */
export default [MAIN, AGGRESSIVE].flatMap((version) =>
  refusals({
    name: version.mode,
    title: `the keys differ, in ${version.mode} mode`,
    rfc: ['RFC 2409 §5.4', 'RFC 2408 §5.14'],
    link: { psk: 'another.1231' },
    algorithms: version,
    cygnet: version,
    initiator: { stage: 1, code: 'authentication-failed' },
    responder: { stage: 1, code: 'authentication-failed' },
  }),
) satisfies readonly Scenario[];
