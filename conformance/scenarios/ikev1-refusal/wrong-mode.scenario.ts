import { AGGRESSIVE, MAIN } from '../../lab/presets.ts';
import { refusals } from '../../lab/refusals.ts';
import type { Scenario } from '../../lab/scenario.ts';

/**
 * strongSwan answers Main Mode until it knows the identity, then says AUTHENTICATION-FAILED under the keys; Aggressive
 * Mode it refuses with the same notification in the clear.
 */
export default [
  ...refusals({
    name: 'main',
    title: 'Cygnet is configured for Main Mode, strongSwan for Aggressive Mode',
    rfc: ['RFC 2409 §5.4'],
    algorithms: AGGRESSIVE,
    cygnet: MAIN,
    initiator: { stage: 1, code: 'authentication-failed' },
    responder: { stage: 1, code: 'mode-mismatch' },
  }),
  ...refusals({
    name: 'aggressive',
    title: 'Cygnet is configured for Aggressive Mode, strongSwan for Main Mode',
    rfc: ['RFC 2409 §5.4'],
    algorithms: MAIN,
    cygnet: AGGRESSIVE,
    initiator: { stage: 1, code: 'authentication-failed' },
    responder: { stage: 1, code: 'mode-mismatch' },
  }),
] satisfies readonly Scenario[];
