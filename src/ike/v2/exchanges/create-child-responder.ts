import { ByteWriter, readU32 } from '../../../base/bytes.ts';
import { invariant } from '../../../base/errors.ts';
import { keyExchangeMethod } from '../../../crypto/algorithms.ts';
import { privateKeyBytes } from '../../../crypto/key-exchange.ts';
import type { KeyExchangeResult } from '../../../crypto/key-exchange-job.ts';
import { type ChildSa, lowerNonce } from '../../../sa/child-sa.ts';
import type { DataPlaneReply, SaKey } from '../../../sa/data-plane.ts';
import type { ChildProtocol } from '../../../sa/proposal.ts';
import { stoppedByNat } from '../../common/child-mode.ts';
import { childTimer } from '../../common/child-timers.ts';
import { kernelRefused } from '../../common/kernel-refusal.ts';
import type { TunnelPolicy } from '../../common/policy.ts';
import { policiesFor, policyFor, whyNotShared } from '../../common/sharing.ts';
import { allocateSpi, childInstalled, childRefused, createChild, reservedSpi } from '../child-creation.ts';
import { settleCrossing } from '../child-crossing.ts';
import { answerChild, type ChildRefusal } from '../child-negotiation.ts';
import { awaitSwitch, planBehind, SWITCH_TIME } from '../child-switch.ts';
import { carrySame, childrenOf, findChild, heirOf, requireChild } from '../children.ts';
import type { ContextV2 } from '../context.ts';
import type { ChildAnswer, ChildNegotiation } from '../creation.ts';
import { isBeingDeleted } from '../deletes.ts';
import { giveUpFollowUps, keepReplaced } from '../follow-up-failure.ts';
import { awaitFollowUp, isBeingReplaced, MAX_FOLLOW_UPS, replacedBy } from '../follow-ups.ts';
import { sendResponse } from '../message-window.ts';
import { isUnproven } from '../mobike/routability.ts';
import { findNotify, requirePayload } from '../payload-set.ts';
import { suiteToWire } from '../proposals.ts';
import type { Received } from '../received.ts';
import { failPublicValue, type MakingExchange, refuseRequest } from '../refuse-request.ts';
import type { IkeSaV2, Switch } from '../state.ts';
import { modeNotify } from '../transport-mode.ts';
import { tunnelMeant } from '../tunnel-choice.ts';
import { NOTIFY, type NotifyName, type NotifyPayload, notifyPayload } from '../wire/notify.ts';
import type { Payload } from '../wire/payload.ts';
import { PROTOCOL } from '../wire/sa.ts';
import { roundsOf } from './ike-followup-ke.ts';
import { NONCE_BYTES } from './ike-sa-init.ts';

/** CREATE_CHILD_SA SK { [N(REKEY_SA)], SA, Ni, [KEi], TSi, TSr } --> */
export function answerChildRequest(ctx: ContextV2, sa: IkeSaV2, received: Received): void {
  const { payloads } = received;
  const rekey = findNotify(payloads, 'REKEY_SA');
  const replaced = rekey === undefined ? undefined : namedChild(ctx, sa, rekey);
  const policy = rekey === undefined ? meantBy(ctx, sa, payloads) : policyFor(ctx, sa, replaced?.tunnel ?? sa.tunnel);
  // Who asks for it anew has forgotten how far it was (RFC 9370 §2.2.4).
  if (replaced !== undefined) giveUpFollowUps(ctx, sa, (followUp) => replacedBy(followUp) === replaced.id);
  const obstacle = obstacleTo(ctx, sa, { policy, rekey, replaced });
  if (obstacle !== undefined) return refuseRequest(ctx, sa, received, obstacle);
  invariant(policy !== undefined, 'a tunnel that is not configured is an obstacle');
  const negotiation = negotiate(ctx, sa, { policy, payloads, replaced });
  if ('notify' in negotiation)
    return refuse(ctx, sa, { received, tunnel: policy.name }, explained(ctx, sa, payloads, negotiation));
  // Which of the two would stay could not be told at both ends alike: when it asks again, the successor is there.
  if (rekey === undefined && replacesSame(ctx, sa, negotiation))
    return refuseRequest(ctx, sa, received, 'TEMPORARY_FAILURE');
  const { keyExchange } = negotiation.suite;
  const ke = keyExchange === undefined ? undefined : findKe(payloads);
  if (keyExchange !== undefined && ke?.method !== keyExchangeMethod(keyExchange).group) {
    const group = new ByteWriter().u16(keyExchangeMethod(keyExchange).group).finish();
    return refuseRequest(ctx, sa, received, notifyPayload('INVALID_KE_PAYLOAD', group));
  }
  const answer: ChildAnswer = {
    request: received,
    tunnel: policy.name,
    begunAt: ctx.now.mono,
    negotiation,
    replaces: replaced?.id,
    nonceI: requirePayload(payloads, 'Nonce').data.slice(),
    nonceR: ctx.entropy.bytes(NONCE_BYTES),
  };
  if (keyExchange === undefined || ke === undefined) return allocate(ctx, sa, answer);
  const privateKey = ctx.entropy.bytes(privateKeyBytes(keyExchange));
  const job = { kind: 'ke.respond', method: keyExchange, privateKey, peerPublic: ke.data.slice() } as const;
  sa.pending = { request: ctx.requestJob(sa.id, job), step: { kind: 'answer-computed', answer } };
}

export function onAnswerComputed(ctx: ContextV2, sa: IkeSaV2, answer: ChildAnswer, result: KeyExchangeResult): void {
  if (result.kind !== 'ke.respond') return failPublicValue(ctx, sa, answer.request);
  const { publicValue, sharedSecret } = result;
  allocate(ctx, sa, { ...answer, exchange: { publicValue, sharedSecret } });
}

/** The inbound SPI is there. */
export function onAnswerSpiAllocated(ctx: ContextV2, sa: IkeSaV2, answer: ChildAnswer, reply: DataPlaneReply): void {
  const policy = policyFor(ctx, sa, answer.tunnel);
  if (policy === undefined) return refuseRequest(ctx, sa, answer.request, 'NO_PROPOSAL_CHOSEN');
  if (reply.kind !== 'spi') return refuseByKernel(ctx, sa, answer, reply);
  const reserved = reservedSpi(sa, policy, reply.spi);
  const left = roundsOf(answer.negotiation.suite);
  if (left.length === 0) return installAnswer(ctx, sa, answer, reserved);
  const link = awaitFollowUp(ctx, sa, {
    made: { kind: 'child', answer, reservedSpi: reserved },
    lowerNonce: lowerNonce(answer.nonceI, answer.nonceR),
    left,
  });
  const payloads = [...answerPayloads(answer, reply.spi), link];
  sendResponse(ctx, sa, answer.request, { exchange: 'CREATE_CHILD_SA', payloads });
}

/** What replaces another one does not send yet: the peer cannot receive before our answer. */
export function installAnswer(ctx: ContextV2, sa: IkeSaV2, answer: ChildAnswer, reserved: SaKey): void {
  const policy = policyFor(ctx, sa, answer.tunnel);
  const obstacle = policy === undefined ? 'NO_PROPOSAL_CHOSEN' : isUnproven(ctx, sa) ? 'TEMPORARY_FAILURE' : undefined;
  if (policy === undefined || obstacle !== undefined) {
    ctx.requestCleanUp({ kind: 'apply', steps: [{ kind: 'remove-sa', sa: reserved }] });
    keepReplaced(ctx, sa, answer.replaces);
    return refuseRequest(ctx, sa, answer.request, obstacle ?? 'TEMPORARY_FAILURE', exchangeOf(answer));
  }
  const { exchange, rounds } = answer;
  const made = createChild(ctx, sa, {
    policy,
    negotiation: answer.negotiation,
    inboundSpi: reserved.spi,
    nonces: answer,
    asInitiator: false,
    begunAt: answer.begunAt,
    secrets: exchange === undefined ? [] : [exchange.sharedSecret, ...(rounds?.secrets ?? [])],
  });
  const predecessor = findChild(ctx, sa, answer.replaces) ?? elderOf(ctx, made.child);
  const { steps, ...behind } = planBehind(ctx, made, { predecessor, wait: SWITCH_TIME });
  sa.pending = {
    request: ctx.requestDataPlane(sa.id, { kind: 'apply', steps }),
    step: { kind: 'answer-installed', answer, child: made.child.id, ...behind },
  };
}

/**
 * <-- CREATE_CHILD_SA SK { SA, Nr, [KEr], TSi, TSr }, only now that packets can follow it; after additional key exchanges
 * <-- IKE_FOLLOWUP_KE SK { KEr(n) }
 */
export function onAnswerInstalled(
  ctx: ContextV2,
  sa: IkeSaV2,
  step: { readonly answer: ChildAnswer; readonly child: string; readonly waits?: Switch },
  reply: DataPlaneReply,
): void {
  const { answer, waits } = step;
  const child = requireChild(ctx, sa, step.child);
  if (reply.kind !== 'done') {
    childRefused(ctx, child);
    return refuseByKernel(ctx, sa, answer, reply);
  }
  if (waits !== undefined) awaitSuccession(ctx, sa, child, waits);
  else childInstalled(ctx, child);
  if (findChild(ctx, sa, waits?.predecessor) === undefined) settleCrossing(ctx, sa, child);
  const payloads = answer.rounds === undefined ? answerPayloads(answer, child.inboundSpi) : [answer.rounds.reply];
  sendResponse(ctx, sa, answer.request, { exchange: exchangeOf(answer), payloads });
}

/** What an authenticated peer may have at once of a tunnel, far above what rekeying needs (RFC 8019 §5). */
const SPARE_CHILDREN = 16;

type Claim = {
  readonly policy: TunnelPolicy | undefined;
  readonly rekey: NotifyPayload | undefined;
  readonly replaced: ChildSa | undefined;
};

/**
 * The tunnel of a new Child SA: that of the IKE SA, or another one of the same peer whose selectors fit better. Where none
 * fits, its own says why.
 */
function meantBy(ctx: ContextV2, sa: IkeSaV2, payloads: readonly Payload[]): TunnelPolicy | undefined {
  return tunnelMeant(policiesFor(ctx, sa), payloads) ?? ctx.policies.get(sa.tunnel);
}

/** RFC 7296 §2.25: why it cannot be done now, or at all. */
function obstacleTo(
  ctx: ContextV2,
  sa: IkeSaV2,
  { policy, rekey, replaced }: Claim,
): NotifyName | NotifyPayload | undefined {
  if (policy === undefined) return 'NO_PROPOSAL_CHOSEN';
  if (sa.creation?.task.kind === 'rekey-ike' || isBeingReplaced(sa)) return 'TEMPORARY_FAILURE';
  if (isUnproven(ctx, sa) || sa.followUps.length >= MAX_FOLLOW_UPS) return 'TEMPORARY_FAILURE';
  // It may be the one that we have asked for ourselves, and whose answer has been overtaken.
  if (rekey !== undefined && replaced === undefined && sa.creation !== undefined) return 'TEMPORARY_FAILURE';
  // §2.25.1: the peer will hear of its end.
  if (rekey !== undefined && replaced === undefined && isDeletedByUs(sa, rekey)) return 'TEMPORARY_FAILURE';
  if (rekey !== undefined && (replaced === undefined || replaced.state === 'deleting'))
    return { ...rekey, notify: NOTIFY.CHILD_SA_NOT_FOUND, data: new Uint8Array(0) };
  if (replaced !== undefined && !isReplaceable(ctx, sa, replaced)) return 'TEMPORARY_FAILURE';
  const pairs = policy.local.selectors.length * policy.remote.selectors.length;
  const present = childrenOf(ctx, sa).filter(({ tunnel }) => tunnel === policy.name);
  return present.length >= 3 * pairs + SPARE_CHILDREN ? 'NO_ADDITIONAL_SAS' : undefined;
}

/**
 * It stands, or we are replacing it ourselves and the peer has not yet done so, or it has been replaced by what the peer
 * has then deleted because it could not install it. Once we are at additional key exchanges the peer comes too late (RFC
 * 9370 §2.2.4).
 */
function isReplaceable(ctx: ContextV2, { creation, switches }: IkeSaV2, child: ChildSa): boolean {
  const { id, state } = child;
  if (switches.some(({ predecessor }) => predecessor === id)) return false;
  const isOurs = creation?.task.kind === 'create-child' && creation.task.replaces === id && !creation.rounds;
  const isLeft = state === 'rekeyed' && heirOf(ctx, child) === undefined;
  return state === 'installed' || (state === 'rekeying' && isOurs) || isLeft;
}

/** Whether we are about to replace what carries this traffic. */
function replacesSame(ctx: ContextV2, sa: IkeSaV2, wanted: ChildNegotiation): boolean {
  const task = sa.creation?.task;
  const old = task?.kind === 'create-child' ? findChild(ctx, sa, task.replaces) : undefined;
  return old !== undefined && carrySame(old, wanted);
}

/** The peer names its inbound SPI, our outbound one (RFC 7296 §1.3.3). */
function namedChild(ctx: ContextV2, sa: IkeSaV2, rekey: NotifyPayload): ChildSa | undefined {
  const named = readName(rekey);
  return childrenOf(ctx, sa).find((child) => child.outboundSpi === named?.spi && child.protocol === named.protocol);
}

function isDeletedByUs(sa: IkeSaV2, rekey: NotifyPayload): boolean {
  const named = readName(rekey);
  return named !== undefined && isBeingDeleted(sa, named.protocol, named.spi);
}

function readName({
  protocol,
  spi,
}: NotifyPayload): { readonly protocol: ChildProtocol; readonly spi: number } | undefined {
  if (spi.length !== 4) return undefined;
  const name = protocol === PROTOCOL.AH ? 'ah' : 'esp';
  return { protocol: name, spi: readU32(spi) };
}

function negotiate(
  ctx: ContextV2,
  sa: IkeSaV2,
  {
    policy,
    payloads,
    replaced,
  }: { readonly policy: TunnelPolicy; readonly payloads: readonly Payload[]; readonly replaced: ChildSa | undefined },
) {
  const reason = stoppedByNat(policy, sa.nat);
  if (reason !== undefined) return { notify: 'NO_PROPOSAL_CHOSEN', reason } as const;
  return answerChild(ctx, policy, payloads, { first: false, replaced });
}

function findKe(payloads: readonly Payload[]) {
  return payloads.some(({ type }) => type === 'KE') ? requirePayload(payloads, 'KE') : undefined;
}

function allocate(ctx: ContextV2, sa: IkeSaV2, answer: ChildAnswer): void {
  const policy = policyFor(ctx, sa, answer.tunnel);
  if (policy === undefined) return refuseRequest(ctx, sa, answer.request, 'NO_PROPOSAL_CHOSEN');
  sa.pending = { request: allocateSpi(ctx, sa, policy), step: { kind: 'answer-spi-allocated', answer } };
}

/** An IKE SA in whose place the peer makes this one still carries the traffic. */
function elderOf(ctx: ContextV2, child: ChildSa): ChildSa | undefined {
  const carrier = heirOf(ctx, child);
  return carrier?.ikeSa === child.ikeSa ? undefined : carrier;
}

/** Its predecessor is not replaced by us as well; where we are at it already, the nonces will decide (§2.8.1). */
function awaitSuccession(ctx: ContextV2, sa: IkeSaV2, child: ChildSa, waits: Switch): void {
  const old = findChild(ctx, sa, waits.predecessor);
  if (old?.state === 'installed') old.state = 'rekeying';
  if (old !== undefined) ctx.clearTimer(old.tunnel, childTimer('rekey', old.id));
  const { creation } = sa;
  if (creation?.task.kind === 'create-child' && creation.task.replaces === waits.predecessor) creation.rival = child.id;
  // What crosses with ours has a successor, which the peer, too, takes for the rival when our request gets there.
  if (creation?.rival === waits.predecessor) creation.rival = child.id;
  awaitSwitch(ctx, sa, waits);
}

function answerPayloads(answer: ChildAnswer, inboundSpi: number): Payload[] {
  const { suite, mode, proposalNumber, leftOut, localSelectors, remoteSelectors } = answer.negotiation;
  const spi = new ByteWriter().u32(inboundSpi).finish();
  return [
    { type: 'SA', proposals: [suiteToWire(suite, proposalNumber, spi, leftOut)] },
    { type: 'Nonce', data: answer.nonceR },
    ...keyExchangePayload(answer),
    { type: 'TSi', selectors: remoteSelectors },
    { type: 'TSr', selectors: localSelectors },
    ...modeNotify(mode),
  ];
}

/** Which exchange the answer ends. */
function exchangeOf({ rounds }: ChildAnswer): MakingExchange {
  return rounds === undefined ? 'CREATE_CHILD_SA' : 'IKE_FOLLOWUP_KE';
}

function keyExchangePayload({ exchange, negotiation }: ChildAnswer): Payload[] {
  const { keyExchange } = negotiation.suite;
  if (exchange === undefined || keyExchange === undefined) return [];
  return [{ type: 'KE', method: keyExchangeMethod(keyExchange).group, data: exchange.publicValue }];
}

/** With what the operator may not see at once: another tunnel has the segments. */
function explained(
  ctx: ContextV2,
  sa: IkeSaV2,
  payloads: readonly Payload[],
  { notify, reason }: ChildRefusal,
): ChildRefusal {
  if (notify !== 'TS_UNACCEPTABLE') return { notify, reason };
  const text = `${reason.text}${whyNotShared(ctx, sa, (policy) => tunnelMeant([policy], payloads) === policy)}`;
  return { notify, reason: { ...reason, text } };
}

function refuse(
  ctx: ContextV2,
  sa: IkeSaV2,
  { received, tunnel }: { readonly received: Received; readonly tunnel: string },
  { notify, reason }: ChildRefusal,
): void {
  if (ctx.isTimely(`child refused ${tunnel}`)) ctx.emit({ type: 'child.failed', tunnel, ikeSa: sa.id, reason });
  refuseRequest(ctx, sa, received, notify);
}

function refuseByKernel(ctx: ContextV2, sa: IkeSaV2, answer: ChildAnswer, reply: DataPlaneReply): void {
  const { tunnel } = answer;
  const reason = kernelRefused(ctx, tunnel, reply);
  ctx.emit({ type: 'child.failed', tunnel, ikeSa: sa.id, reason });
  if (answer.rounds !== undefined) keepReplaced(ctx, sa, answer.replaces);
  // RFC 7296 §2.25: it may pass; where it does not, the peer's own lifetime tells.
  refuseRequest(ctx, sa, answer.request, 'TEMPORARY_FAILURE', exchangeOf(answer));
}
