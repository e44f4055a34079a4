import { ByteWriter, compareBytes, equalBytes } from '../../../base/bytes.ts';
import { invariant } from '../../../base/errors.ts';
import { keyExchangeMethod } from '../../../crypto/algorithms.ts';
import type { KeyExchangeResult } from '../../../crypto/key-exchange-job.ts';
import { type ChildSa, lowerNonce, outboundSa, planInstall } from '../../../sa/child-sa.ts';
import type { DataPlaneReply, DataPlaneStep } from '../../../sa/data-plane.ts';
import { stoppedByNat } from '../../common/child-mode.ts';
import { childTimer } from '../../common/child-timers.ts';
import { kernelRefused } from '../../common/kernel-refusal.ts';
import { NOTHING_TO_OFFER, UNCONFIGURED } from '../../common/refusals.ts';
import { policyFor } from '../../common/sharing.ts';
import { allocateSpi, childInstalled, childRefused, createChild, reservedSpi } from '../child-creation.ts';
import { settleOwn } from '../child-crossing.ts';
import { acceptChild } from '../child-negotiation.ts';
import { waitBehind } from '../child-switch.ts';
import { childrenOf, findChild, requireChild } from '../children.ts';
import { dropCreation, dropHandshake } from '../close.ts';
import type { ContextV2 } from '../context.ts';
import type { CreateChildTask, Creation, CreationAnswer } from '../creation.ts';
import { failCreation } from '../creation-failure.ts';
import { dropFollowUps, pendingRival, replacedBy } from '../follow-ups.ts';
import { addTask, sendRequest } from '../message-window.ts';
import { isCovered } from '../missing-pairs.ts';
import { isUnproven, UNPROVEN } from '../mobike/routability.ts';
import { childOffers, firstMethod } from '../offers.ts';
import { findError, requirePayload } from '../payload-set.ts';
import { offersToWire } from '../proposals.ts';
import type { Received } from '../received.ts';
import { BAD_PUBLIC_VALUE } from '../refuse-request.ts';
import { REQUEST_RETRANSMIT, requestPatience } from '../request-schedule.ts';
import type { IkeSaV2, Switch } from '../state.ts';
import { modeNotify } from '../transport-mode.ts';
import { NOTIFY, type NotifyPayload } from '../wire/notify.ts';
import type { Payload } from '../wire/payload.ts';
import { PROTOCOL } from '../wire/sa.ts';
import { onChildRefused } from './create-child-refusals.ts';
import { creationOf, kePayload, newExchange } from './creation-exchange.ts';
import { findLink, roundsOf, startRound } from './ike-followup-ke.ts';
import { NONCE_BYTES } from './ike-sa-init.ts';

/** A Child SA is wanted: its CREATE_CHILD_SA is prepared, unless the need has passed meanwhile. */
export function beginChild(ctx: ContextV2, sa: IkeSaV2, task: CreateChildTask): void {
  const policy = policyFor(ctx, sa, task.tunnel);
  if (policy === undefined) return;
  const replaced = findChild(ctx, sa, task.replaces);
  const isNeeded = task.replaces === undefined ? !isCovered(ctx, sa, task) : replaced?.state === 'installed';
  if (!isNeeded) return;
  const stopped = stoppedByNat(policy, sa.nat);
  if (stopped !== undefined) return failCreation(ctx, sa, stopped, task.tunnel);
  const offers = childOffers(ctx, policy);
  if (offers.length === 0) return failCreation(ctx, sa, NOTHING_TO_OFFER, task.tunnel);
  if (replaced !== undefined) replaced.state = 'rekeying';
  const method = task.retry?.method ?? firstMethod(offers, replaced?.suite.keyExchange ?? sa.suite?.keyExchange);
  const exchange = method === undefined ? undefined : newExchange(ctx, method);
  sa.creation = {
    task,
    begunAt: ctx.now.mono,
    ownNonce: ctx.entropy.bytes(NONCE_BYTES),
    exchange,
    publicValue: new Uint8Array(0),
    reservedSpi: undefined,
    ikeSpi: undefined,
    rival: undefined,
    deletedSpis: [],
    rounds: undefined,
  };
  if (exchange === undefined) return allocate(ctx, sa);
  const job = { kind: 'ke.generate', ...exchange } as const;
  sa.pending = { request: ctx.requestJob(sa.id, job), step: { kind: 'creation-generated' } };
}

export function onChildGenerated(ctx: ContextV2, sa: IkeSaV2, result: KeyExchangeResult): void {
  if (result.kind !== 'ke.generate') return failCreation(ctx, sa, BAD_PUBLIC_VALUE);
  creationOf(sa).publicValue = result.publicValue;
  allocate(ctx, sa);
}

/** CREATE_CHILD_SA SK { [N(REKEY_SA)], SA, Ni, [KEi], TSi, TSr } --> */
export function onCreationSpiAllocated(ctx: ContextV2, sa: IkeSaV2, reply: DataPlaneReply): void {
  const creation = creationOf(sa);
  const task = childTask(creation);
  if (reply.kind !== 'spi') return failCreation(ctx, sa, kernelRefused(ctx, task.tunnel, reply));
  const policy = policyFor(ctx, sa, task.tunnel);
  if (policy === undefined) return dropCreation(ctx, sa);
  creation.reservedSpi = reservedSpi(sa, policy, reply.spi);
  const replaced = findChild(ctx, sa, task.replaces);
  const spi = new ByteWriter().u32(reply.spi).finish();
  const payloads: Payload[] = [
    ...(replaced === undefined ? [] : [rekeyNotify(replaced)]),
    { type: 'SA', proposals: offersToWire(childOffers(ctx, policy), spi) },
    { type: 'Nonce', data: creation.ownNonce },
    ...(creation.exchange === undefined ? [] : [kePayload(creation.exchange.method, creation.publicValue)]),
    { type: 'TSi', selectors: task.local },
    { type: 'TSr', selectors: task.remote },
    ...modeNotify(policy.childMode),
  ];
  const patience = requestPatience(policy);
  sendRequest(ctx, sa, { exchange: 'CREATE_CHILD_SA', payloads, schedule: REQUEST_RETRANSMIT, task, ...patience });
}

/** <-- CREATE_CHILD_SA SK { SA, Nr, [KEr], TSi, TSr } or an error */
export function onChildAnswer(ctx: ContextV2, sa: IkeSaV2, received: Received): void {
  const { payloads } = received;
  const creation = creationOf(sa);
  const policy = policyFor(ctx, sa, childTask(creation).tunnel);
  const error = findError(payloads);
  if (error !== undefined && creation.unwanted) return dropCreation(ctx, sa);
  if (error !== undefined) return onChildRefused(ctx, sa, error);
  if (policy === undefined) return undo(ctx, sa, UNCONFIGURED);
  const replaced = findChild(ctx, sa, childTask(creation).replaces);
  const negotiation = acceptChild(ctx, policy, payloads, { first: false, replaced });
  const nonce = requirePayload(payloads, 'Nonce').data.slice();
  if ('code' in negotiation) return undo(ctx, sa, negotiation);
  if (equalBytes(nonce, creation.ownNonce)) return undo(ctx, sa, REFLECTED);
  // RFC 7296 §2.25: the peer's Delete has overtaken its answer.
  if (creation.deletedSpis.includes(negotiation.peerSpi)) return failCreation(ctx, sa, DELETED_BY_PEER);
  const answer: CreationAnswer = { negotiation, nonce, link: findLink(payloads) };
  const { keyExchange } = negotiation.suite;
  if (keyExchange === undefined) return installCreation(ctx, sa, answer, []);
  const ke = requirePayload(payloads, 'KE');
  const { exchange } = creation;
  if (exchange?.method !== keyExchange || ke.method !== keyExchangeMethod(keyExchange).group)
    return undo(ctx, sa, REFLECTED);
  if (roundsOf(negotiation.suite).length > 0 && answer.link === undefined) return undo(ctx, sa, NO_LINK);
  const job = { kind: 'ke.agree', ...exchange, peerPublic: ke.data.slice() } as const;
  sa.pending = { request: ctx.requestJob(sa.id, job), step: { kind: 'creation-agreed', answer } };
}

/**
 * Where both ends replace the same Child SA, both know it by now, and the one that loses goes no further: nothing has been
 * made yet (RFC 9370 §2.2.4).
 */
export function onCreationAgreed(ctx: ContextV2, sa: IkeSaV2, answer: CreationAnswer, result: KeyExchangeResult): void {
  if (result.kind !== 'ke.agree') return undo(ctx, sa, BAD_PUBLIC_VALUE);
  const secrets = [result.sharedSecret];
  const { negotiation, nonce, link } = answer;
  const rounds = roundsOf(negotiation.suite);
  if (rounds.length === 0 || creationOf(sa).unwanted) return installCreation(ctx, sa, answer, secrets);
  const creation = creationOf(sa);
  if (isOutdone(ctx, sa, lowerNonce(creation.ownNonce, nonce))) return dropCreation(ctx, sa);
  const replaced = findChild(ctx, sa, childTask(creation).replaces);
  // What the peer has made already it deletes; until then nobody sends through it.
  if (replaced !== undefined) outdoRivals(ctx, sa, replaced);
  startRound(ctx, sa, { agreed: answer, secrets, link }, rounds);
}

/** It carries the traffic from now on; what it replaces is deleted at the peer. */
export function onCreationInstalled(ctx: ContextV2, sa: IkeSaV2, id: string, reply: DataPlaneReply): void {
  const child = requireChild(ctx, sa, id);
  const { rival } = creationOf(sa);
  const { replaces } = childTask(creationOf(sa));
  const replaced = findChild(ctx, sa, replaces);
  if (reply.kind !== 'done') {
    childRefused(ctx, child);
    return undo(ctx, sa, kernelRefused(ctx, child.tunnel, reply), child.inboundSpi);
  }
  sa.creation = undefined;
  // The first one of an IKE SA that has begun without (RFC 6023): now it is set up.
  if (sa.handshake !== undefined) dropHandshake(ctx, sa);
  childInstalled(ctx, child);
  if (replaces === undefined) settleOwn(ctx, sa, child, findChild(ctx, sa, asChild(rival)));
  if (replaced === undefined) return;
  replaced.state = 'rekeyed';
  replaced.sends = false;
  ctx.clearTimer(replaced.tunnel, childTimer('rekey', replaced.id));
  outdoRivals(ctx, sa, replaced);
  waitBehind(ctx, replaced, child);
  ctx.emit({ type: 'child.rekeyed', tunnel: child.tunnel, ikeSa: sa.id, child: replaced.id, successor: id });
  addTask(sa, { kind: 'delete-children', protocol: replaced.protocol, spis: [replaced.inboundSpi] });
}

const REFLECTED = {
  code: 'protocol-error',
  text: 'the peer answered CREATE_CHILD_SA with something that was not offered',
} as const;
const NO_LINK = {
  code: 'protocol-error',
  text: 'the peer agreed to an additional key exchange and did not say how to go on',
} as const;
const DELETED_BY_PEER = { code: 'peer-closed', text: 'the peer has deleted the Child SA at once' } as const;

/** What the peer has made at the same time never sends, and is the peer's to delete (RFC 7296 §2.8.1). */
function outdoRivals(ctx: ContextV2, sa: IkeSaV2, replaced: ChildSa): void {
  const isRival = ({ predecessor }: Switch) => predecessor === replaced.id;
  for (const { child } of sa.switches.filter(isRival)) {
    const rival = requireChild(ctx, sa, child);
    rival.state = 'rekeyed';
    ctx.clearTimer(rival.tunnel, childTimer('switch', rival.id));
  }
  sa.switches = sa.switches.filter((waiting) => !isRival(waiting));
  dropFollowUps(ctx, sa, (followUp) => replacedBy(followUp) === replaced.id);
  if (sa.creation !== undefined) sa.creation.rival = undefined;
}

function childTask({ task }: Creation): CreateChildTask {
  invariant(task.kind === 'create-child', 'this exchange makes a Child SA');
  return task;
}

function allocate(ctx: ContextV2, sa: IkeSaV2): void {
  const policy = policyFor(ctx, sa, childTask(creationOf(sa)).tunnel);
  if (policy === undefined) return dropCreation(ctx, sa);
  sa.pending = { request: allocateSpi(ctx, sa, policy), step: { kind: 'creation-spi-allocated' } };
}

/** RFC 7296 §1.3.3: by the SPI that we expect in packets. */
function rekeyNotify({ protocol, inboundSpi }: ChildSa): NotifyPayload {
  return {
    type: 'N',
    protocol: protocol === 'ah' ? PROTOCOL.AH : PROTOCOL.ESP,
    spi: new ByteWriter().u32(inboundSpi).finish(),
    notify: NOTIFY.REKEY_SA,
    data: new Uint8Array(0),
  };
}

/** All secrets are there: that of CREATE_CHILD_SA, and those of the additional key exchanges. */
export function installCreation(
  ctx: ContextV2,
  sa: IkeSaV2,
  answer: CreationAnswer,
  secrets: readonly Uint8Array[],
): void {
  const creation = creationOf(sa);
  const policy = policyFor(ctx, sa, childTask(creation).tunnel);
  if (policy === undefined) return undo(ctx, sa, UNCONFIGURED);
  const inboundSpi = creation.reservedSpi?.spi;
  invariant(inboundSpi !== undefined, 'the request has proposed an SPI');
  const nonces = { nonceI: creation.ownNonce, nonceR: answer.nonce };
  const replaces = childTask(creation).replaces;
  if (creation.unwanted) return forgo(ctx, sa);
  if (replaces !== undefined && isOutdone(ctx, sa, lowerNonce(nonces.nonceI, nonces.nonceR))) return forgo(ctx, sa);
  if (isUnproven(ctx, sa) && childrenOf(ctx, sa).length === 0) return undo(ctx, sa, UNPROVEN);
  const { negotiation } = answer;
  const { begunAt } = creation;
  const { child, keys, limits } = createChild(ctx, sa, {
    policy,
    negotiation,
    inboundSpi,
    nonces,
    asInitiator: true,
    begunAt,
    secrets,
  });
  child.sends = true;
  const replaced = findChild(ctx, sa, replaces);
  const stop: DataPlaneStep[] = replaced?.sends === true ? [{ kind: 'remove-sa', sa: outboundSa(replaced) }] : [];
  sa.pending = {
    request: ctx.requestDataPlane(sa.id, { kind: 'apply', steps: [...planInstall(child, keys, limits), ...stop] }),
    step: { kind: 'creation-installed', child: child.id },
  };
}

function asChild(rival: string | number | undefined): string | undefined {
  return typeof rival === 'string' ? rival : undefined;
}

/**
 * RFC 7296 §2.8.1: of two that replace the same one, the one with the lowest of the four nonces goes. The peer's has been
 * made, or is still at its additional key exchanges.
 */
function isOutdone(ctx: ContextV2, sa: IkeSaV2, nonce: Uint8Array): boolean {
  const rivals = [findChild(ctx, sa, asChild(creationOf(sa).rival)), pendingRival(sa)];
  return rivals.some((rival) => rival !== undefined && compareBytes(nonce, rival.lowerNonce) < 0);
}

/**
 * Ours is deleted by us before it is used. Where the peer has made one as well, it deletes the old one, and then its own
 * takes over.
 */
function forgo(ctx: ContextV2, sa: IkeSaV2): void {
  const { reservedSpi: reserved } = creationOf(sa);
  dropCreation(ctx, sa);
  if (reserved !== undefined)
    addTask(sa, { kind: 'delete-children', protocol: reserved.protocol, spis: [reserved.spi] });
}

/** The peer believes in what we cannot use: it is told, and the old one carries on. */
export function undo(ctx: ContextV2, sa: IkeSaV2, reason: Parameters<typeof failCreation>[2], spi?: number): void {
  const reserved = creationOf(sa).reservedSpi;
  const inbound = spi ?? reserved?.spi;
  const protocol = reserved?.protocol ?? 'esp';
  failCreation(ctx, sa, reason);
  if (inbound !== undefined) addTask(sa, { kind: 'delete-children', protocol, spis: [inbound] });
}
