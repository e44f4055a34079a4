import { WireError } from '../../../base/errors.ts';
import { keyExchangeMethod } from '../../../crypto/algorithms.ts';
import { privateKeyBytes } from '../../../crypto/key-exchange.ts';
import type { KeyExchangeResult } from '../../../crypto/key-exchange-job.ts';
import type { ContextV2 } from '../context.ts';
import { endFollowUp, findFollowUp, nextLink } from '../follow-ups.ts';
import { sendResponse } from '../message-window.ts';
import { findNotify, requirePayload } from '../payload-set.ts';
import type { Received, RequestRef } from '../received.ts';
import { failPublicValue, refuseRequest } from '../refuse-request.ts';
import type { IkeSaV2 } from '../state.ts';
import type { Payload } from '../wire/payload.ts';
import { installAnswer } from './create-child-responder.ts';
import { kePayload } from './creation-exchange.ts';
import { answerWithSuccessor } from './rekey-ike-responder.ts';

/** IKE_FOLLOWUP_KE SK { KEi(n), N(ADDITIONAL_KEY_EXCHANGE)(link) } -->. @throws WireError */
export function onFollowUpRequest(ctx: ContextV2, sa: IkeSaV2, received: Received): void {
  const { payloads, messageId, digest, local, remote } = received;
  // RFC 7296 §2.25: whoever is about to end an IKE SA begins nothing with it.
  if (sa.phase !== 'established') return refuseRequest(ctx, sa, received, 'TEMPORARY_FAILURE', 'IKE_FOLLOWUP_KE');
  const notify = findNotify(payloads, 'ADDITIONAL_KEY_EXCHANGE');
  if (notify === undefined) throw new WireError('syntax', 'N(ADDITIONAL_KEY_EXCHANGE)', 'missing');
  const ke = requirePayload(payloads, 'KE');
  const followUp = findFollowUp(ctx, sa, notify.data);
  const [method] = followUp?.left ?? [];
  // RFC 9370 §2.2.4: whatever it was has been given up.
  if (followUp === undefined || method === undefined)
    return refuseRequest(ctx, sa, received, 'STATE_NOT_FOUND', 'IKE_FOLLOWUP_KE');
  // What has been agreed leaves no choice here.
  if (ke.method !== keyExchangeMethod(method).group) throw new WireError('value', 'KE.method');
  const privateKey = ctx.entropy.bytes(privateKeyBytes(method));
  const job = { kind: 'ke.respond', method, privateKey, peerPublic: ke.data.slice() } as const;
  const request = { messageId, digest, local, remote };
  const { link } = followUp;
  sa.pending = { request: ctx.requestJob(sa.id, job), step: { kind: 'follow-up-responded', request, link } };
}

/** <-- IKE_FOLLOWUP_KE SK { KEr(n), N(ADDITIONAL_KEY_EXCHANGE)(link) }; without the notify once what was made stands. */
export function onFollowUpResponded(
  ctx: ContextV2,
  sa: IkeSaV2,
  { request, link }: { readonly request: RequestRef; readonly link: Uint8Array },
  result: KeyExchangeResult,
): void {
  if (result.kind !== 'ke.respond') return failPublicValue(ctx, sa, request, 'IKE_FOLLOWUP_KE');
  const followUp = findFollowUp(ctx, sa, link);
  const [method, ...left] = followUp?.left ?? [];
  if (followUp === undefined || method === undefined)
    return refuseRequest(ctx, sa, request, 'STATE_NOT_FOUND', 'IKE_FOLLOWUP_KE');
  followUp.left = left;
  followUp.secrets = [...followUp.secrets, result.sharedSecret];
  const reply = kePayload(method, result.publicValue);
  if (left.length > 0) {
    const payloads: Payload[] = [reply, nextLink(ctx, sa, followUp)];
    return sendResponse(ctx, sa, request, { exchange: 'IKE_FOLLOWUP_KE', payloads });
  }
  endFollowUp(ctx, sa, followUp);
  const { made, secrets } = followUp;
  if (made.kind === 'child') {
    const answer = { ...made.answer, request, rounds: { secrets, reply } };
    return installAnswer(ctx, sa, answer, made.reservedSpi);
  }
  const last = { exchange: 'IKE_FOLLOWUP_KE', secrets, payloads: [reply] } as const;
  answerWithSuccessor(ctx, sa, { ...made, answer: { ...made.answer, request } }, last);
}
