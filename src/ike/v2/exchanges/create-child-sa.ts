import type { KeyExchangeResult } from '../../../crypto/key-exchange-job.ts';
import type { ContextV2 } from '../context.ts';
import { settleRequest } from '../message-window.ts';
import { requirePayload } from '../payload-set.ts';
import type { Received } from '../received.ts';
import { refuseRequest } from '../refuse-request.ts';
import type { IkeSaV2 } from '../state.ts';
import { PROTOCOL } from '../wire/sa.ts';
import { onChildAnswer, onChildGenerated } from './create-child-initiator.ts';
import { answerChildRequest } from './create-child-responder.ts';
import { awaken, onIkeRekeyAnswer, onIkeRekeyGenerated } from './rekey-ike-initiator.ts';
import { answerIkeRekey } from './rekey-ike-responder.ts';

/**
 * CREATE_CHILD_SA SK { SA, Ni, [KEi], [TSi, TSr], [N(REKEY_SA)] } -->: a Child SA, or a successor of the IKE SA where
 * that is what the proposals are for (RFC 7296 §1.3).
 */
export function onCreateChildRequest(ctx: ContextV2, sa: IkeSaV2, received: Received): void {
  awaken(ctx, sa);
  // RFC 7296 §2.25: whoever is about to end an IKE SA begins nothing with it.
  if (sa.phase !== 'established') return refuseRequest(ctx, sa, received, 'TEMPORARY_FAILURE');
  const { proposals } = requirePayload(received.payloads, 'SA');
  if (proposals[0]?.protocol === PROTOCOL.IKE) return answerIkeRekey(ctx, sa, received);
  answerChildRequest(ctx, sa, received);
}

/** <-- CREATE_CHILD_SA SK { SA, Nr, [KEr], [TSi, TSr] } or an error */
export function onCreateChildResponse(ctx: ContextV2, sa: IkeSaV2, received: Received): void {
  settleRequest(ctx, sa);
  // The IKE SA has come to its end meanwhile; what the peer has made ends with it.
  if (sa.creation === undefined) return;
  if (sa.creation.task.kind === 'rekey-ike') onIkeRekeyAnswer(ctx, sa, received);
  else onChildAnswer(ctx, sa, received);
}

/** The public value for a CREATE_CHILD_SA of ours is there. */
export function onCreationGenerated(ctx: ContextV2, sa: IkeSaV2, result: KeyExchangeResult): void {
  if (sa.creation?.task.kind === 'rekey-ike') onIkeRekeyGenerated(ctx, sa, result);
  else onChildGenerated(ctx, sa, result);
}
