import { invariant, WireError } from '../../base/errors.ts';
import type { KeyExchangeResult } from '../../crypto/key-exchange-job.ts';
import { sendKeepalive } from '../common/keepalive.ts';
import { tellUnfinished } from '../common/unfinished.ts';
import type { EffectAnswer, Work } from '../common/work.ts';
import { enqueue } from '../common/work-queue.ts';
import { childGone } from './child-expiry.ts';
import { onSwitchCounted, onSwitched, onSwitchTimer } from './child-switch.ts';
import { findChild } from './children.ts';
import { abandon, closeIkeSa, vanish } from './close.ts';
import type { ContextV2 } from './context.ts';
import { onChildDue, onIkeDue, renewNow } from './due.ts';
import { endChildOnly, endIkeSa } from './ending.ts';
import { onCreationAgreed, onCreationInstalled, onCreationSpiAllocated } from './exchanges/create-child-initiator.ts';
import { onAnswerComputed, onAnswerInstalled, onAnswerSpiAllocated } from './exchanges/create-child-responder.ts';
import { onCreationGenerated } from './exchanges/create-child-sa.ts';
import { onFirstChildInstalled, onFirstSpiAllocated } from './exchanges/ike-auth-initiator.ts';
import { onResponseChildInstalled, onResponseSpiAllocated } from './exchanges/ike-auth-responder.ts';
import { onFollowUpAgreed, onFollowUpGenerated } from './exchanges/ike-followup-ke-initiator.ts';
import { onFollowUpResponded } from './exchanges/ike-followup-ke-responder.ts';
import { onRoundAgreed, onRoundGenerated } from './exchanges/ike-intermediate-initiator.ts';
import { onRoundResponded } from './exchanges/ike-intermediate-responder.ts';
import { giveUp, onInitAgreed, onInitGenerated } from './exchanges/ike-sa-init-initiator.ts';
import { onInitResponded } from './exchanges/ike-sa-init-responder.ts';
import { onIkeRekeyAgreed } from './exchanges/rekey-ike-initiator.ts';
import { onIkeAnswerComputed } from './exchanges/rekey-ike-responder.ts';
import { onFollowUpTimer } from './follow-up-failure.ts';
import { leaveIkeSa } from './leaving.ts';
import { onLivenessCounted, onLivenessTimer } from './liveness.ts';
import { retransmit, settleRequest } from './message-window.ts';
import { planMissing } from './missing-pairs.ts';
import { onOwnAddresses } from './mobike/own-addresses.ts';
import { tryOtherPaths } from './mobike/search.ts';
import { followPeer } from './peer-path.ts';
import { onRetryTimer, releaseDeletes } from './postpone.ts';
import { pruneChildren } from './pruning.ts';
import { receive } from './receive.ts';
import { reauthenticate } from './renewal.ts';
import type { IkeSaV2, Step } from './state.ts';
import { endSuperfluous, onSuperfluousTimer } from './superfluous.ts';
import { sendNextTask } from './tasks.ts';

/** Handles what concerns this IKE SA, strictly in order: while an effect is under way, all else waits. */
export function doWork(ctx: ContextV2, sa: IkeSaV2, work: Work): void {
  if (sa.phase === 'closed') return;
  if (sa.pending !== undefined) return enqueue(ctx, sa, work);
  perform(ctx, sa, work);
  goOn(ctx, sa);
}

/** The effect that everything else waits for has been answered. */
export function answerEffect(ctx: ContextV2, sa: IkeSaV2, answer: EffectAnswer): void {
  const { pending } = sa;
  invariant(pending !== undefined, 'answers come only for pending effects');
  sa.pending = undefined;
  continueWith(ctx, sa, pending.step, answer);
  goOn(ctx, sa);
}

function goOn(ctx: ContextV2, sa: IkeSaV2): void {
  workOff(ctx, sa);
  // A successor may have got what is to be done.
  for (const other of ctx.ikeSasV2Of(sa.tunnel)) {
    workOff(ctx, other);
    if (other.pending === undefined) endSuperfluous(ctx, other);
    sendNextTask(ctx, other);
  }
}

function workOff(ctx: ContextV2, sa: IkeSaV2): void {
  while (sa.pending === undefined && sa.phase !== 'closed') {
    const work = sa.queue.shift();
    if (work === undefined) return;
    perform(ctx, sa, work);
  }
}

function perform(ctx: ContextV2, sa: IkeSaV2, work: Work): void {
  switch (work.kind) {
    case 'datagram':
      try {
        return receive(ctx, sa, work);
      } catch (error) {
        if (!(error instanceof WireError)) throw error;
        return ctx.drop(work.remote, `syntax-${error.fault}`);
      }
    case 'timer':
      return TIMERS.get(work.name)?.(ctx, sa);
    case 'child-expired':
      return childGone(ctx, sa, work.child);
    case 'child-due':
      return onChildDue(ctx, sa, work.child);
    case 'child-timer':
      return onChildTimer(ctx, sa, work);
    case 'connect':
      return planMissing(ctx, sa, work.tunnel);
    case 'rekey':
      return renewNow(ctx, sa, work);
    case 'prune':
      return pruneChildren(ctx, sa, work);
    case 'peer-mapped':
      return followPeer(ctx, sa, { local: sa.local, remote: work.remote });
    case 'own-addresses':
      return onOwnAddresses(ctx, sa, work.own);
    case 'leave':
      return leaveIkeSa(ctx, sa, work.tunnel, work.reason);
    case 'end-child':
      return endChildOnly(ctx, sa, work);
    case 'reauthenticate':
      return reauthenticate(ctx, sa);
    case 'end':
      return endIkeSa(ctx, sa, work);
  }
}

function continueWith(ctx: ContextV2, sa: IkeSaV2, step: Step, answer: EffectAnswer): void {
  if (answer.kind === 'job') {
    return continueWithJob(ctx, sa, step, answer.result);
  }
  switch (step.kind) {
    case 'auth-spi-allocated':
      return onFirstSpiAllocated(ctx, sa, answer.reply);
    case 'auth-installed':
      return onFirstChildInstalled(ctx, sa, step.child, answer.reply);
    case 'auth-response-spi-allocated':
      return onResponseSpiAllocated(ctx, sa, step, answer.reply);
    case 'auth-response-installed':
      return onResponseChildInstalled(ctx, sa, step, answer.reply);
    case 'liveness-counted':
      return onLivenessCounted(ctx, sa, answer.reply);
    case 'creation-spi-allocated':
      return onCreationSpiAllocated(ctx, sa, answer.reply);
    case 'creation-installed':
      return onCreationInstalled(ctx, sa, step.child, answer.reply);
    case 'answer-spi-allocated':
      return onAnswerSpiAllocated(ctx, sa, step.answer, answer.reply);
    case 'answer-installed':
      return onAnswerInstalled(ctx, sa, step, answer.reply);
    case 'switch-counted':
      return onSwitchCounted(ctx, sa, step.child, answer.reply);
    case 'switched':
      return onSwitched(ctx, sa, step.switches, answer.reply);
    default:
      invariant(false, `the data plane answered a step of kind ${step.kind}`);
  }
}

function continueWithJob(ctx: ContextV2, sa: IkeSaV2, step: Step, result: KeyExchangeResult): void {
  switch (step.kind) {
    case 'init-generated':
      return onInitGenerated(ctx, sa, result);
    case 'init-agreed':
      return onInitAgreed(ctx, sa, step.answer, result);
    case 'init-responded':
      return onInitResponded(ctx, sa, result);
    case 'round-generated':
      return onRoundGenerated(ctx, sa, result);
    case 'round-agreed':
      return onRoundAgreed(ctx, sa, result);
    case 'round-responded':
      return onRoundResponded(ctx, sa, step.request, result);
    case 'creation-generated':
      return onCreationGenerated(ctx, sa, result);
    case 'creation-agreed':
      return onCreationAgreed(ctx, sa, step.answer, result);
    case 'ike-rekey-agreed':
      return onIkeRekeyAgreed(ctx, sa, step.answer, result);
    case 'answer-computed':
      return onAnswerComputed(ctx, sa, step.answer, result);
    case 'ike-answer-computed':
      return onIkeAnswerComputed(ctx, sa, step.answer, result);
    case 'follow-up-generated':
      return onFollowUpGenerated(ctx, sa, result);
    case 'follow-up-agreed':
      return onFollowUpAgreed(ctx, sa, step.link, result);
    case 'follow-up-responded':
      return onFollowUpResponded(ctx, sa, step, result);
    default:
      invariant(false, `a job answered a step of kind ${step.kind}`);
  }
}

function onChildTimer(ctx: ContextV2, sa: IkeSaV2, work: Extract<Work, { readonly kind: 'child-timer' }>): void {
  const child = findChild(ctx, sa, work.child);
  if (child === undefined) return;
  if (work.name === 'rekey') onChildDue(ctx, sa, child.id);
  else if (work.name === 'switch') onSwitchTimer(ctx, sa, child.id);
}

type OnTimer = (ctx: ContextV2, sa: IkeSaV2) => void;

const TIMERS: ReadonlyMap<string, OnTimer> = new Map<string, OnTimer>([
  ['retransmit', onRetransmitTimer],
  ['handshake', (ctx, sa) => (sa.establishedAt === undefined ? giveUp(ctx, sa) : undefined)],
  ['refused', (ctx, sa) => (sa.phase === 'init-sent' ? giveUp(ctx, sa) : undefined)],
  ['half-open', onHalfOpenTimer],
  ['liveness', onLivenessTimer],
  ['keepalive', (ctx, sa) => (sa.phase === 'established' ? sendKeepalive(ctx, sa) : undefined)],
  ['rekey', onIkeDue],
  ['retry', (_, sa) => onRetryTimer(sa)],
  ['answered', releaseDeletes],
  ['superfluous', onSuperfluousTimer],
  ['follow-up', onFollowUpTimer],
  ['lifetime', (ctx, sa) => closeIkeSa(ctx, sa, { code: 'expired', text: 'the lifetime of the IKE SA has ended' })],
]);

function onRetransmitTimer(ctx: ContextV2, sa: IkeSaV2): void {
  if (retransmit(ctx, sa)) return tryOtherPaths(ctx, sa);
  if (sa.establishedAt === undefined) return giveUp(ctx, sa);
  // What is left of it goes by itself; that the peer no longer answers here says nothing of its successor.
  if (sa.phase === 'rekeyed') return settleRequest(ctx, sa);
  const parting = [sa.outstanding?.task, ...sa.tasks].find((task) => task?.kind === 'delete-ike');
  if (parting !== undefined) return abandon(ctx, sa, parting.reason);
  ctx.emit({ type: 'peer.unresponsive', tunnel: sa.tunnel, ikeSa: sa.id });
  abandon(ctx, sa, { code: 'peer-unresponsive', text: 'the peer no longer answers' });
}

function onHalfOpenTimer(ctx: ContextV2, sa: IkeSaV2): void {
  if (sa.establishedAt !== undefined) return;
  tellUnfinished(ctx, sa);
  vanish(ctx, sa, 'half-open-expired');
}
