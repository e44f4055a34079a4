import { AGGRESSIVE, MAIN } from '../../lab/presets.ts';
import { refusals } from '../../lab/refusals.ts';
import type { Scenario } from '../../lab/scenario.ts';

/** A strongSwan that has no connection of the version says NO-PROPOSAL-CHOSEN, in the version that it was asked in. */
export default [
  ...refusals({
    name: 'strongswan-1-main',
    title: 'Cygnet is configured for IKEv2, strongSwan for IKEv1',
    rfc: ['RFC 7296 §2.5'],
    algorithms: MAIN,
    initiator: { stage: 1, code: 'no-proposal-chosen' },
    responder: { stage: 1, code: 'version-mismatch' },
  }),
  ...refusals({
    name: 'strongswan-1-aggressive',
    title: 'Cygnet is configured for IKEv2, strongSwan for IKEv1 in Aggressive Mode',
    rfc: ['RFC 7296 §2.5'],
    algorithms: AGGRESSIVE,
    responder: { stage: 1, code: 'version-mismatch' },
  }),
  ...refusals({
    name: 'strongswan-2',
    title: 'Cygnet is configured for IKEv1, strongSwan for IKEv2',
    rfc: ['RFC 7296 §2.5', 'RFC 2408 §3.1'],
    cygnet: MAIN,
    initiator: { stage: 1, code: 'no-proposal-chosen' },
    responder: { stage: 1, code: 'version-mismatch' },
  }),
  ...refusals({
    name: 'strongswan-2-aggressive',
    title: 'Cygnet is configured for IKEv1 in Aggressive Mode, strongSwan for IKEv2',
    rfc: ['RFC 2408 §3.1'],
    cygnet: AGGRESSIVE,
    initiator: { stage: 1, code: 'no-proposal-chosen' },
  }),
] satisfies readonly Scenario[];
