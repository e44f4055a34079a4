import { compareBytes, equalBytes, fromHex, toHex } from '../../../base/bytes.ts';
import { invariant } from '../../../base/errors.ts';
import { keyExchangeMethod } from '../../../crypto/algorithms.ts';
import type { KeyExchangeResult } from '../../../crypto/key-exchange-job.ts';
import { lowerNonce } from '../../../sa/child-sa.ts';
import type { Reason } from '../../common/reason.ts';
import { closeIkeSa, dropCreation } from '../close.ts';
import type { ContextV2 } from '../context.ts';
import { announceToken, findToken } from '../crash-token.ts';
import type { IkeRekeyAnswer, RekeyIkeTask } from '../creation.ts';
import { failCreation } from '../creation-failure.ts';
import { dropFollowUps, pendingRival } from '../follow-ups.ts';
import { inherit, newSuccessor } from '../inheritance.ts';
import { deriveRekeyedIkeKeys, prfOf } from '../keymat.ts';
import { sendRequest } from '../message-window.ts';
import { acceptAnswer, firstMethod, ikeOffers } from '../offers.ts';
import { findError, requirePayload } from '../payload-set.ts';
import { offersToWire } from '../proposals.ts';
import type { Received } from '../received.ts';
import { BAD_PUBLIC_VALUE } from '../refuse-request.ts';
import { REQUEST_RETRANSMIT, requestPatience } from '../request-schedule.ts';
import type { IkeSaV2 } from '../state.ts';
import type { Payload } from '../wire/payload.ts';
import { onIkeRekeyRefused } from './create-child-refusals.ts';
import { creationOf, kePayload, newExchange } from './creation-exchange.ts';
import { findLink, roundsOf, startRound } from './ike-followup-ke.ts';
import { NONCE_BYTES } from './ike-sa-init.ts';

/** The lifetime is near its end: a successor with keys of its own is prepared (RFC 7296 §2.18). */
export function beginIkeRekey(ctx: ContextV2, sa: IkeSaV2, task: RekeyIkeTask): void {
  const policy = ctx.policies.get(sa.tunnel);
  if (policy === undefined) return;
  const method = task.retry?.method ?? firstMethod(ikeOffers(ctx, policy), sa.suite?.keyExchange);
  if (method === undefined) return;
  const exchange = newExchange(ctx, method);
  sa.creation = {
    task,
    begunAt: ctx.now.mono,
    ownNonce: ctx.entropy.bytes(NONCE_BYTES),
    exchange,
    publicValue: new Uint8Array(0),
    reservedSpi: undefined,
    ikeSpi: toHex(ctx.entropy.bytes(8)),
    rival: undefined,
    deletedSpis: [],
    rounds: undefined,
  };
  const job = { kind: 'ke.generate', ...exchange } as const;
  sa.pending = { request: ctx.requestJob(sa.id, job), step: { kind: 'creation-generated' } };
}

/** CREATE_CHILD_SA SK { SA, Ni, KEi } --> */
export function onIkeRekeyGenerated(ctx: ContextV2, sa: IkeSaV2, result: KeyExchangeResult): void {
  const policy = ctx.policies.get(sa.tunnel);
  if (policy === undefined) return dropCreation(ctx, sa);
  if (result.kind !== 'ke.generate') return failCreation(ctx, sa, BAD_PUBLIC_VALUE);
  const creation = creationOf(sa);
  const { exchange, ikeSpi, ownNonce, task } = creation;
  invariant(exchange !== undefined && ikeSpi !== undefined, 'an IKE SA is rekeyed with a key exchange');
  creation.publicValue = result.publicValue;
  const payloads: Payload[] = [
    { type: 'SA', proposals: offersToWire(ikeOffers(ctx, policy), fromHex(ikeSpi)) },
    { type: 'Nonce', data: ownNonce },
    kePayload(exchange.method, result.publicValue),
  ];
  const patience = requestPatience(policy);
  sendRequest(ctx, sa, { exchange: 'CREATE_CHILD_SA', payloads, schedule: REQUEST_RETRANSMIT, task, ...patience });
}

/** <-- CREATE_CHILD_SA SK { SA, Nr, KEr, [N(QUICK_CRASH_DETECTION)], [N(ADDITIONAL_KEY_EXCHANGE)] } or an error */
export function onIkeRekeyAnswer(ctx: ContextV2, sa: IkeSaV2, received: Received): void {
  const { payloads } = received;
  const rival = rivalOf(ctx, sa);
  const error = findError(payloads);
  // RFC 7296 §2.8.2: the peer's own rekeying has gone through.
  if (error !== undefined && rival !== undefined) return takeOver(ctx, sa, rival);
  if (error !== undefined) return onIkeRekeyRefused(ctx, sa, error);
  const answer = readAnswer(ctx, sa, payloads);
  if (answer === undefined) return failIkeSa(ctx, sa, NOT_OUR_OFFER);
  const ke = requirePayload(payloads, 'KE');
  const { exchange } = creationOf(sa);
  const fits = exchange?.method === answer.suite.keyExchange && ke.method === methodNumber(answer);
  if (exchange === undefined || !fits) return failIkeSa(ctx, sa, NOT_OUR_OFFER);
  const job = { kind: 'ke.agree', ...exchange, peerPublic: ke.data.slice() } as const;
  sa.pending = { request: ctx.requestJob(sa.id, job), step: { kind: 'ike-rekey-agreed', answer } };
}

/**
 * Where both ends rekey it, both know that by now. With additional key exchanges to come nothing has been made yet, and the
 * one that loses goes no further (RFC 9370 §2.2.4).
 */
export function onIkeRekeyAgreed(ctx: ContextV2, sa: IkeSaV2, answer: IkeRekeyAnswer, result: KeyExchangeResult): void {
  // The peer has used its own successor meanwhile, which has taken over.
  if (sa.creation === undefined) return;
  if (result.kind !== 'ke.agree') return failIkeSa(ctx, sa, BAD_PUBLIC_VALUE);
  const secrets = [result.sharedSecret];
  const rounds = roundsOf(answer.suite);
  if (rounds.length === 0) return succeed(ctx, sa, answer, secrets);
  const creation = creationOf(sa);
  const lower = lowerNonce(creation.ownNonce, answer.nonce);
  const rival = rivalOf(ctx, sa);
  if (outdoes(rival, lower)) return takeOver(ctx, sa, rival);
  if (outdoes(pendingRival(sa), lower)) return dropCreation(ctx, sa);
  // What the peer has made already it deletes.
  creation.rival = undefined;
  dropFollowUps(ctx, sa, () => true);
  startRound(ctx, sa, { agreed: answer, secrets, link: answer.link }, rounds);
}

/** The successor stands. Where the peer has made one as well, the one with the lowest nonce goes (RFC 7296 §2.8.2). */
export function succeed(
  ctx: ContextV2,
  sa: IkeSaV2,
  answer: IkeRekeyAnswer,
  [sharedSecret, ...additionalSecrets]: readonly Uint8Array[],
): void {
  const { ikeSpi, ownNonce } = creationOf(sa);
  invariant(
    ikeSpi !== undefined && sharedSecret !== undefined && sa.keys !== undefined && sa.suite !== undefined,
    'an established IKE SA is rekeyed',
  );
  const { suite, nonce, responderSpi } = answer;
  const keys = deriveRekeyedIkeKeys({
    suite,
    sharedSecret,
    additionalSecrets,
    nonceI: ownNonce,
    nonceR: nonce,
    spiI: ikeSpi,
    spiR: responderSpi,
    oldPrf: prfOf(sa.suite),
    oldSkD: sa.keys.skD,
  });
  const [rival, pending] = [rivalOf(ctx, sa), pendingRival(sa)];
  const lower = lowerNonce(ownNonce, nonce);
  const spis = { initiatorSpi: ikeSpi, responderSpi };
  const fresh = newSuccessor(ctx, sa, { role: 'initiator', ...spis, suite, keys, lowerNonce: lower });
  fresh.peerToken = answer.peerToken;
  dropCreation(ctx, sa);
  if (outdoes(rival, lower)) {
    closeIkeSa(ctx, fresh, REDUNDANT);
    return inherit(ctx, sa, rival);
  }
  // The peer goes on with its own, and this one has its Child SAs until that stands.
  if (outdoes(pending, lower)) return closeIkeSa(ctx, fresh, REDUNDANT);
  announceToken(ctx, fresh);
  inherit(ctx, sa, fresh);
  closeIkeSa(ctx, sa, REPLACED);
}

/** The IKE SA that the peer has made to replace this one, while ours was under way. */
export function rivalOf(ctx: ContextV2, sa: IkeSaV2): IkeSaV2 | undefined {
  const rival = sa.creation?.rival;
  return typeof rival === 'number' ? ctx.ikeSasV2Of(sa.tunnel).find(({ id }) => id === rival) : undefined;
}

/** Whoever asks for something within a successor has come to use it: the peer knows already which of two it is. */
export function awaken(ctx: ContextV2, sa: IkeSaV2): void {
  const old = ctx.ikeSasV2Of(sa.tunnel).find(({ creation }) => creation?.rival === sa.id);
  if (old !== undefined) takeOver(ctx, old, sa);
}

/** Our own rekeying is forgotten. */
export function takeOver(ctx: ContextV2, sa: IkeSaV2, rival: IkeSaV2): void {
  dropCreation(ctx, sa);
  inherit(ctx, sa, rival);
}

const REPLACED: Reason = { code: 'replaced', text: 'its successor has taken over' };
const REDUNDANT: Reason = { code: 'replaced', text: 'the peer has rekeyed at the same time' };
const NOT_OUR_OFFER: Reason = {
  code: 'protocol-error',
  text: 'the peer answered the rekeying of the IKE SA with something that was not offered',
};

/** The lowest of the four nonces is ours: the peer's rekeying stays. */
function outdoes<Rival extends { readonly lowerNonce: Uint8Array | undefined }>(
  rival: Rival | undefined,
  own: Uint8Array,
): rival is Rival {
  return rival?.lowerNonce !== undefined && compareBytes(own, rival.lowerNonce) < 0;
}

const ZERO = new Uint8Array(8);

function readAnswer(ctx: ContextV2, sa: IkeSaV2, payloads: readonly Payload[]): IkeRekeyAnswer | undefined {
  const policy = ctx.policies.get(sa.tunnel);
  const [chosen, ...more] = requirePayload(payloads, 'SA').proposals;
  if (policy === undefined || chosen === undefined || more.length > 0) return undefined;
  const suite = acceptAnswer(ikeOffers(ctx, policy), chosen, 'ike', 8);
  const nonce = requirePayload(payloads, 'Nonce').data.slice();
  const { ownNonce } = creationOf(sa);
  if (suite === undefined || equalBytes(chosen.spi, ZERO) || equalBytes(nonce, ownNonce)) return undefined;
  const link = findLink(payloads);
  if (roundsOf(suite).length > 0 && link === undefined) return undefined;
  return { suite, responderSpi: toHex(chosen.spi), nonce, peerToken: findToken(payloads), link };
}

function methodNumber({ suite }: IkeRekeyAnswer): number | undefined {
  return suite.keyExchange === undefined ? undefined : keyExchangeMethod(suite.keyExchange).group;
}

/** The peer has a successor that we do not have: the two ends cannot come together again. */
export function failIkeSa(ctx: ContextV2, sa: IkeSaV2, reason: Reason): void {
  dropCreation(ctx, sa);
  closeIkeSa(ctx, sa, reason);
}
