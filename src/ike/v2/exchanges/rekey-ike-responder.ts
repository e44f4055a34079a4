import { ByteWriter, equalBytes, fromHex, toHex } from '../../../base/bytes.ts';
import { invariant } from '../../../base/errors.ts';
import { keyExchangeMethod } from '../../../crypto/algorithms.ts';
import { privateKeyBytes } from '../../../crypto/key-exchange.ts';
import type { KeyExchangeResult } from '../../../crypto/key-exchange-job.ts';
import { lowerNonce } from '../../../sa/child-sa.ts';
import { selectSuite } from '../../../sa/suite-selection.ts';
import type { ContextV2 } from '../context.ts';
import { tokenPayloads } from '../crash-token.ts';
import type { FollowUpOfIke, IkeAnswer } from '../creation.ts';
import { giveUpFollowUps } from '../follow-up-failure.ts';
import { awaitFollowUp } from '../follow-ups.ts';
import { inherit, newSuccessor } from '../inheritance.ts';
import { deriveRekeyedIkeKeys, prfOf } from '../keymat.ts';
import { sendResponse } from '../message-window.ts';
import { ikeOffers } from '../offers.ts';
import { requirePayload } from '../payload-set.ts';
import { leftOutBy, readOffers, suiteToWire } from '../proposals.ts';
import type { Received } from '../received.ts';
import { failPublicValue, type MakingExchange, refuseRequest } from '../refuse-request.ts';
import type { IkeSaV2 } from '../state.ts';
import { notifyPayload } from '../wire/notify.ts';
import type { Payload } from '../wire/payload.ts';
import { kePayload } from './creation-exchange.ts';
import { roundsOf } from './ike-followup-ke.ts';
import { NONCE_BYTES } from './ike-sa-init.ts';

/** CREATE_CHILD_SA SK { SA, Ni, KEi } -->: the peer wants a successor of the IKE SA. */
export function answerIkeRekey(ctx: ContextV2, sa: IkeSaV2, received: Received): void {
  const { payloads } = received;
  // Who asks for it anew has forgotten how far it was (RFC 9370 §2.2.4).
  giveUpFollowUps(ctx, sa, ({ made }) => made.kind === 'ike');
  if (isBusy(sa)) return refuseRequest(ctx, sa, received, 'TEMPORARY_FAILURE');
  const policy = ctx.policies.get(sa.tunnel);
  const offers = readOffers(requirePayload(payloads, 'SA').proposals, 8);
  const peer = offers.map(({ proposal }) => proposal);
  const selected = policy === undefined ? undefined : selectSuite(ikeOffers(ctx, policy), peer, 'ike');
  const offer = selected !== undefined && 'suite' in selected ? offers[selected.peerIndex] : undefined;
  if (selected === undefined || !('suite' in selected) || offer === undefined || equalBytes(offer.spi, ZERO))
    return refuseRequest(ctx, sa, received, 'NO_PROPOSAL_CHOSEN');
  const { suite } = selected;
  invariant(suite.keyExchange !== undefined, 'an IKE suite has a key exchange method');
  const { group } = keyExchangeMethod(suite.keyExchange);
  const ke = requirePayload(payloads, 'KE');
  if (ke.method !== group) {
    const notify = notifyPayload('INVALID_KE_PAYLOAD', new ByteWriter().u16(group).finish());
    return refuseRequest(ctx, sa, received, notify);
  }
  const answer: IkeAnswer = {
    request: received,
    suite,
    proposalNumber: offer.number,
    leftOut: leftOutBy(suite, offer),
    initiatorSpi: toHex(offer.spi),
    nonceI: requirePayload(payloads, 'Nonce').data.slice(),
    nonceR: ctx.entropy.bytes(NONCE_BYTES),
  };
  const privateKey = ctx.entropy.bytes(privateKeyBytes(suite.keyExchange));
  const job = { kind: 'ke.respond', method: suite.keyExchange, privateKey, peerPublic: ke.data.slice() } as const;
  sa.pending = { request: ctx.requestJob(sa.id, job), step: { kind: 'ike-answer-computed', answer } };
}

/** <-- CREATE_CHILD_SA SK { SA, Nr, KEr, [N(QUICK_CRASH_DETECTION)], [N(ADDITIONAL_KEY_EXCHANGE)] } */
export function onIkeAnswerComputed(ctx: ContextV2, sa: IkeSaV2, answer: IkeAnswer, result: KeyExchangeResult): void {
  if (result.kind !== 'ke.respond') return failPublicValue(ctx, sa, answer.request);
  const { suite, nonceI, nonceR, initiatorSpi, proposalNumber, leftOut } = answer;
  invariant(suite.keyExchange !== undefined, 'an IKE suite has a key exchange method');
  const responderSpi = toHex(ctx.entropy.bytes(8));
  const payloads: Payload[] = [
    { type: 'SA', proposals: [suiteToWire(suite, proposalNumber, fromHex(responderSpi), leftOut)] },
    { type: 'Nonce', data: nonceR },
    kePayload(suite.keyExchange, result.publicValue),
    ...tokenPayloads(ctx, { initiatorSpi, responderSpi }),
  ];
  const made = { kind: 'ike', answer, responderSpi, sharedSecret: result.sharedSecret } as const;
  const left = roundsOf(suite);
  if (left.length === 0)
    return answerWithSuccessor(ctx, sa, made, { exchange: 'CREATE_CHILD_SA', secrets: [], payloads });
  const link = awaitFollowUp(ctx, sa, { made, lowerNonce: lowerNonce(nonceI, nonceR), left });
  sendResponse(ctx, sa, answer.request, { exchange: 'CREATE_CHILD_SA', payloads: [...payloads, link] });
}

/** The successor is made and the peer told: it knows all that goes into it. */
export function answerWithSuccessor(
  ctx: ContextV2,
  sa: IkeSaV2,
  made: FollowUpOfIke,
  last: {
    readonly exchange: MakingExchange;
    readonly secrets: readonly Uint8Array[];
    readonly payloads: readonly Payload[];
  },
): void {
  const { answer, responderSpi, sharedSecret } = made;
  const { suite, nonceI, nonceR, initiatorSpi } = answer;
  invariant(sa.keys !== undefined && sa.suite !== undefined, 'an established IKE SA is rekeyed');
  const keys = deriveRekeyedIkeKeys({
    suite,
    sharedSecret,
    additionalSecrets: last.secrets,
    nonceI,
    nonceR,
    spiI: initiatorSpi,
    spiR: responderSpi,
    oldPrf: prfOf(sa.suite),
    oldSkD: sa.keys.skD,
  });
  const lower = lowerNonce(nonceI, nonceR);
  const spis = { initiatorSpi, responderSpi };
  const fresh = newSuccessor(ctx, sa, { role: 'responder', ...spis, suite, keys, lowerNonce: lower });
  sendResponse(ctx, sa, answer.request, last);
  // Where we are rekeying it as well, the nonces decide when our own answer has come (RFC 7296 §2.8.2).
  if (sa.creation !== undefined) sa.creation.rival = fresh.id;
  else inherit(ctx, sa, fresh);
}

const ZERO = new Uint8Array(8);

/**
 * RFC 7296 §2.25.1: while Child SAs are being made, replaced or deleted, and where it has been rekeyed already. RFC 9370
 * §2.2.4: the same where we are at the additional key exchanges of a rekeying of our own.
 */
function isBusy({ creation, followUps, outstanding, tasks }: IkeSaV2): boolean {
  if (creation?.task.kind === 'create-child' || followUps.length > 0) return true;
  if (creation?.rival !== undefined || creation?.rounds !== undefined) return true;
  return [outstanding?.task, ...tasks].some((task) => task?.kind === 'delete-children');
}
