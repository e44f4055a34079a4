import { equalBytes } from '../../../base/bytes.ts';
import { invariant } from '../../../base/errors.ts';
import { keyExchangeMethod } from '../../../crypto/algorithms.ts';
import type { KeyExchangeResult } from '../../../crypto/key-exchange-job.ts';
import type { Reason } from '../../common/reason.ts';
import { dropCreation } from '../close.ts';
import type { ContextV2 } from '../context.ts';
import type { CreationAnswer, IkeRekeyAnswer, Rounds } from '../creation.ts';
import { sendRequest, settleRequest } from '../message-window.ts';
import { findError, requirePayload } from '../payload-set.ts';
import type { Received } from '../received.ts';
import { BAD_PUBLIC_VALUE } from '../refuse-request.ts';
import { REQUEST_RETRANSMIT, requestPatience } from '../request-schedule.ts';
import type { IkeSaV2 } from '../state.ts';
import { notifyPayload } from '../wire/notify.ts';
import { installCreation, undo } from './create-child-initiator.ts';
import { onChildRefused, onIkeRekeyRefused } from './create-child-refusals.ts';
import { creationOf, kePayload } from './creation-exchange.ts';
import { findLink, startRound } from './ike-followup-ke.ts';
import { failIkeSa, succeed } from './rekey-ike-initiator.ts';

/** IKE_FOLLOWUP_KE SK { KEi(n), N(ADDITIONAL_KEY_EXCHANGE)(link) } --> */
export function onFollowUpGenerated(ctx: ContextV2, sa: IkeSaV2, result: KeyExchangeResult): void {
  const policy = ctx.policies.get(sa.tunnel);
  if (policy === undefined) return dropCreation(ctx, sa);
  if (result.kind !== 'ke.generate') return fail(ctx, sa, BAD_PUBLIC_VALUE);
  const rounds = roundsUnderWay(sa);
  rounds.publicValue = result.publicValue;
  sendRequest(ctx, sa, {
    exchange: 'IKE_FOLLOWUP_KE',
    payloads: [
      kePayload(rounds.exchange.method, result.publicValue),
      notifyPayload('ADDITIONAL_KEY_EXCHANGE', rounds.link),
    ],
    schedule: REQUEST_RETRANSMIT,
    task: creationOf(sa).task,
    ...requestPatience(policy),
  });
}

/** <-- IKE_FOLLOWUP_KE SK { KEr(n), [N(ADDITIONAL_KEY_EXCHANGE)(link)] } or an error. @throws WireError */
export function onFollowUpResponse(ctx: ContextV2, sa: IkeSaV2, received: Received): void {
  settleRequest(ctx, sa);
  const rounds = sa.creation?.rounds;
  // It has come to nothing meanwhile, and the peer will forget it.
  if (rounds === undefined) return;
  const { payloads } = received;
  const error = findError(payloads);
  if (error !== undefined && sa.creation?.task.kind === 'rekey-ike') return onIkeRekeyRefused(ctx, sa, error);
  if (error !== undefined) return onChildRefused(ctx, sa, error);
  const ke = requirePayload(payloads, 'KE');
  const link = findLink(payloads);
  const { exchange, publicValue, left } = rounds;
  const asAgreed = ke.method === keyExchangeMethod(exchange.method).group && (link !== undefined) === left.length > 0;
  // A value of ours coming back is nobody's answer.
  if (!asAgreed || equalBytes(ke.data, publicValue)) return fail(ctx, sa, NOT_AS_AGREED);
  const job = { kind: 'ke.agree', ...exchange, peerPublic: ke.data.slice() } as const;
  sa.pending = { request: ctx.requestJob(sa.id, job), step: { kind: 'follow-up-agreed', link } };
}

/** On with the next one, or with the SA that all of them were for. */
export function onFollowUpAgreed(
  ctx: ContextV2,
  sa: IkeSaV2,
  link: Uint8Array | undefined,
  result: KeyExchangeResult,
): void {
  if (result.kind !== 'ke.agree') return fail(ctx, sa, BAD_PUBLIC_VALUE);
  const { agreed, left, ...before } = roundsUnderWay(sa);
  const secrets = [...before.secrets, result.sharedSecret];
  if (left.length > 0) return startRound(ctx, sa, { agreed, secrets, link }, left);
  if (isOfChild(agreed)) installCreation(ctx, sa, agreed, secrets);
  else succeed(ctx, sa, agreed, secrets);
}

const NOT_AS_AGREED: Reason = {
  code: 'protocol-error',
  text: 'the peer answered an additional key exchange with something that was not agreed upon',
};

function roundsUnderWay(sa: IkeSaV2): Rounds {
  const { rounds } = creationOf(sa);
  invariant(rounds !== undefined, 'an additional key exchange has its state');
  return rounds;
}

function isOfChild(agreed: CreationAnswer | IkeRekeyAnswer): agreed is CreationAnswer {
  return 'negotiation' in agreed;
}

function fail(ctx: ContextV2, sa: IkeSaV2, reason: Reason): void {
  if (creationOf(sa).task.kind === 'rekey-ike') failIkeSa(ctx, sa, reason);
  else undo(ctx, sa, reason);
}
