import { EXCHANGE } from '../wire/header.ts';
import type { ContextV2 } from './context.ts';
import { onCreateChildRequest, onCreateChildResponse } from './exchanges/create-child-sa.ts';
import { onAuthResponse } from './exchanges/ike-auth-initiator.ts';
import { onAuthRequest } from './exchanges/ike-auth-responder.ts';
import { onFollowUpResponse } from './exchanges/ike-followup-ke-initiator.ts';
import { onFollowUpRequest } from './exchanges/ike-followup-ke-responder.ts';
import { onIntermediateResponse } from './exchanges/ike-intermediate-initiator.ts';
import { onIntermediateRequest } from './exchanges/ike-intermediate-responder.ts';
import { onInitResponse } from './exchanges/ike-sa-init-initiator.ts';
import { onInformationalRequest, onInformationalResponse } from './exchanges/informational.ts';
import type { Received } from './received.ts';
import type { ExchangeName, IkeSaV2, Phase } from './state.ts';

export type Transition = {
  readonly story: string;
  readonly exchange: ExchangeName;
  readonly message: 'request' | 'response';
  readonly roles: readonly IkeSaV2['role'][];
  readonly phases: readonly Phase[];
  readonly run: (ctx: ContextV2, sa: IkeSaV2, received: Received) => void;
};

const BOTH = ['initiator', 'responder'] as const;

/**
 * Everything that may happen to an IKE SA from outside; what has no row is dropped before a payload is read. A
 * responder in `init-answered` has keys and still knows nobody: it takes IKE_AUTH and nothing else. Where additional key
 * exchanges have been agreed it takes just as many of them before (RFC 9242 §5).
 */
// biome-ignore format: one transition, one row
export const TRANSITIONS: readonly Transition[] = [
  { story: 'learn what the responder chose', exchange: 'IKE_SA_INIT', message: 'response', roles: ['initiator'], phases: ['init-sent'], run: onInitResponse },
  { story: 'do an additional key exchange', exchange: 'IKE_INTERMEDIATE', message: 'request', roles: ['responder'], phases: ['intermediate-due'], run: onIntermediateRequest },
  { story: 'end an additional key exchange', exchange: 'IKE_INTERMEDIATE', message: 'response', roles: ['initiator'], phases: ['intermediate-sent'], run: onIntermediateResponse },
  { story: 'authenticate the initiator and make the first Child SA', exchange: 'IKE_AUTH', message: 'request', roles: ['responder'], phases: ['init-answered'], run: onAuthRequest },
  { story: 'authenticate the responder and install the first Child SA', exchange: 'IKE_AUTH', message: 'response', roles: ['initiator'], phases: ['auth-sent'], run: onAuthResponse },
  { story: 'make a Child SA, or a successor of this IKE SA', exchange: 'CREATE_CHILD_SA', message: 'request', roles: BOTH, phases: ['established', 'rekeyed', 'deleting'], run: onCreateChildRequest },
  { story: 'take up what we have asked for', exchange: 'CREATE_CHILD_SA', message: 'response', roles: BOTH, phases: ['established', 'rekeyed', 'deleting'], run: onCreateChildResponse },
  { story: 'do an additional key exchange of an SA that the peer makes', exchange: 'IKE_FOLLOWUP_KE', message: 'request', roles: BOTH, phases: ['established', 'rekeyed', 'deleting'], run: onFollowUpRequest },
  { story: 'end an additional key exchange of an SA that we make', exchange: 'IKE_FOLLOWUP_KE', message: 'response', roles: BOTH, phases: ['established', 'rekeyed', 'deleting'], run: onFollowUpResponse },
  { story: 'answer a probe, a notify or a Delete', exchange: 'INFORMATIONAL', message: 'request', roles: BOTH, phases: ['established', 'rekeyed', 'deleting'], run: onInformationalRequest },
  { story: 'see our probe or Delete answered', exchange: 'INFORMATIONAL', message: 'response', roles: BOTH, phases: ['established', 'rekeyed', 'deleting'], run: onInformationalResponse },
];

/** The row for a message of this kind at this point; undefined where there is none. */
export function findTransition(
  sa: Pick<IkeSaV2, 'role' | 'phase'>,
  exchangeType: number,
  message: Transition['message'],
): Transition | undefined {
  return TRANSITIONS.find(
    (row) =>
      EXCHANGE[row.exchange] === exchangeType &&
      row.message === message &&
      row.roles.includes(sa.role) &&
      row.phases.includes(sa.phase),
  );
}
