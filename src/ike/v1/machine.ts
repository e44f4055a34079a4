import { WireError } from '../../base/errors.ts';
import { sendKeepalive } from '../common/keepalive.ts';
import { tellUnfinished } from '../common/unfinished.ts';
import type { EffectAnswer, Work } from '../common/work.ts';
import { enqueue } from '../common/work-queue.ts';
import { giveUp, onRefusedTimer, vanish } from './close.ts';
import type { ContextV1 } from './context.ts';
import { onLivenessCounted, onLivenessTimer } from './dpd.ts';
import { onAggressiveAgreed, onAggressiveGenerated } from './exchanges/aggressive-initiator.ts';
import { onAggressiveResponded } from './exchanges/aggressive-responder.ts';
import { onMainAgreed, onMainGenerated } from './exchanges/main-initiator.ts';
import { onMainResponded } from './exchanges/main-responder.ts';
import { onQuickModeAnswer, onQuickModeTimer } from './exchanges/quick-mode.ts';
import { retransmitPhase1 } from './messages.ts';
import { followPeer } from './peer-path.ts';
import { receive } from './receive.ts';
import { onDrained, onExpiryTimer, onRekeyTimer } from './replacement.ts';
import type { IkeSaV1, Step } from './state.ts';

/**
 * Handles what concerns this IKE SA. While an effect of phase 1 is under way all else waits, in order; afterwards each
 * exchange of phase 2 stands by itself, and waits for nobody but its own effects.
 */
export function doWork(ctx: ContextV1, sa: IkeSaV1, work: Work): void {
  if (sa.phase === 'closed') return;
  if (sa.pending !== undefined) return enqueue(ctx, sa, work);
  perform(ctx, sa, work);
}

/** False where nobody waits for the answer. */
export function answerEffect(ctx: ContextV1, sa: IkeSaV1, request: number, answer: EffectAnswer): boolean {
  if (sa.pending?.request === request) {
    const { step } = sa.pending;
    sa.pending = undefined;
    continueWith(ctx, sa, step, answer);
    goOn(ctx, sa);
    return true;
  }
  if (sa.dpd.counting?.request === request && answer.kind === 'dataplane') {
    const { purpose } = sa.dpd.counting;
    sa.dpd.counting = undefined;
    onLivenessCounted(ctx, sa, purpose, answer.reply);
    return true;
  }
  for (const quickMode of sa.quickModes.values()) {
    if (quickMode.pending?.request !== request) continue;
    onQuickModeAnswer(ctx, sa, quickMode, answer);
    return true;
  }
  return false;
}

function goOn(ctx: ContextV1, sa: IkeSaV1): void {
  while (sa.pending === undefined && sa.phase !== 'closed') {
    const work = sa.queue.shift();
    if (work === undefined) break;
    perform(ctx, sa, work);
  }
}

function perform(ctx: ContextV1, sa: IkeSaV1, work: Work): void {
  switch (work.kind) {
    case 'datagram':
      try {
        return receive(ctx, sa, work);
      } catch (error) {
        if (!(error instanceof WireError)) throw error;
        return ctx.drop(work.remote, `syntax-${error.fault}`);
      }
    case 'timer':
      return onTimer(ctx, sa, work.name);
    case 'peer-mapped':
      return followPeer(ctx, sa, { local: sa.local, remote: work.remote });
    case 'child-expired':
    case 'own-addresses':
      // Child SAs are the tunnel's, and so is what becomes of it where its address is gone.
      return;
  }
}

function continueWith(ctx: ContextV1, sa: IkeSaV1, step: Step, answer: EffectAnswer): void {
  if (answer.kind !== 'job') return;
  const { result } = answer;
  switch (step.kind) {
    case 'main-generated':
      return onMainGenerated(ctx, sa, result);
    case 'main-agreed':
      return onMainAgreed(ctx, sa, result);
    case 'main-responded':
      return onMainResponded(ctx, sa, result);
    case 'aggressive-generated':
      return onAggressiveGenerated(ctx, sa, result);
    case 'aggressive-agreed':
      return onAggressiveAgreed(ctx, sa, step.answer, result);
    case 'aggressive-responded':
      return onAggressiveResponded(ctx, sa, result);
  }
}

function onTimer(ctx: ContextV1, sa: IkeSaV1, name: string): void {
  const quickMode = /^quick-mode-(\d+)$/.exec(name);
  if (quickMode !== null) return onQuickModeTimer(ctx, sa, Number(quickMode[1]));
  TIMERS.get(name)?.(ctx, sa);
}

type OnTimer = (ctx: ContextV1, sa: IkeSaV1) => void;

const TIMERS: ReadonlyMap<string, OnTimer> = new Map<string, OnTimer>([
  ['retransmit', (ctx, sa) => (retransmitPhase1(ctx, sa) ? undefined : giveUp(ctx, sa))],
  ['handshake', (ctx, sa) => (sa.establishedAt === undefined ? giveUp(ctx, sa) : undefined)],
  ['refused', onRefusedTimer],
  ['half-open', onHalfOpenTimer],
  ['liveness', onLivenessTimer],
  ['keepalive', (ctx, sa) => sendKeepalive(ctx, sa)],
  ['rekey', onRekeyTimer],
  ['expiry', onExpiryTimer],
  ['drain', onDrained],
]);

function onHalfOpenTimer(ctx: ContextV1, sa: IkeSaV1): void {
  if (sa.establishedAt !== undefined) return;
  tellUnfinished(ctx, sa);
  vanish(ctx, sa, 'half-open-expired');
}
