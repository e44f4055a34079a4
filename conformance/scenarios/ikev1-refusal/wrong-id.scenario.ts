import { AGGRESSIVE, MAIN } from '../../lab/presets.ts';
import { refusals } from '../../lab/refusals.ts';
import type { Scenario } from '../../lab/scenario.ts';

const rfc = ['RFC 2409 §5.4', 'RFC 2407 §4.6.2'];

export default [MAIN, AGGRESSIVE].flatMap((version) => [
  ...refusals({
    name: `theirs-${version.mode}`,
    title: `strongSwan's identity is not the configured one, in ${version.mode} mode`,
    rfc,
    link: { remoteId: 'somebody.example.net' },
    algorithms: version,
    cygnet: version,
    initiator: { stage: 1, code: 'peer-identity-mismatch' },
    responder: { stage: 1, code: 'peer-identity-mismatch' },
  }),
  ...refusals({
    name: `ours-${version.mode}`,
    title: `strongSwan expects another identity of Cygnet, in ${version.mode} mode`,
    rfc,
    link: { localId: 'somebody.example.com' },
    algorithms: version,
    cygnet: version,
    // As responder Cygnet has done all it has to when strongSwan turns away; nothing names the reason.
    initiator: { stage: 1, code: 'authentication-failed' },
  }),
]) satisfies readonly Scenario[];
