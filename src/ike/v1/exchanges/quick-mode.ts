import { equalBytes } from '../../../base/bytes.ts';
import type { EffectAnswer } from '../../common/work.ts';
import type { ContextV1 } from '../context.ts';
import { doubtIkeSa } from '../dpd.ts';
import { repeatAnswer } from '../messages.ts';
import type { Received } from '../received.ts';
import type { IkeSaV1, QuickMode } from '../state.ts';
import { armSwitch, onOutboundInstalled, onSwitchTimer } from './quick-mode-child.ts';
import { forgetQuickMode } from './quick-mode-end.ts';
import {
  onAgreed,
  onGenerated,
  onInitiatorInstalled,
  onInitiatorSpi,
  onQuickMode1Timer,
  onQuickMode2,
} from './quick-mode-initiator.ts';
import {
  onCounted,
  onQuickMode1,
  onQuickMode2Timer,
  onQuickMode3,
  onResponded,
  onResponderInstalled,
  onResponderSpi,
} from './quick-mode-responder.ts';

/** A message of a Quick Mode, by what stands under its message ID. A repetition is answered from memory. */
export function onQuickModeMessage(ctx: ContextV1, sa: IkeSaV1, received: Received): void {
  const { header, digest, remote } = received;
  const quickMode = sa.quickModes.get(header.messageId);
  if (quickMode === undefined) return onQuickMode1(ctx, sa, received);
  const { last } = quickMode;
  if (last?.answers !== undefined && equalBytes(last.answers, digest)) {
    // Not for ever: there are responders that take packets on the new SA for the third message.
    if (quickMode.phase === 'switching' && last.repeated < 2) armSwitch(ctx, sa, quickMode);
    return repeatAnswer(ctx, last, received, true);
  }
  if (quickMode.pending !== undefined) return ctx.drop(remote, 'quick-mode-busy');
  if (quickMode.phase === 'qm1-sent') return onQuickMode2(ctx, sa, quickMode, received);
  if (quickMode.phase === 'qm2-sent') return onQuickMode3(ctx, sa, quickMode, received);
  return ctx.drop(remote, 'unexpected-message');
}

/** An effect that a Quick Mode waits for has been answered. */
export function onQuickModeAnswer(ctx: ContextV1, sa: IkeSaV1, quickMode: QuickMode, answer: EffectAnswer): void {
  const step = quickMode.pending?.step;
  quickMode.pending = undefined;
  if (answer.kind === 'job') {
    if (step === 'generated') onGenerated(ctx, sa, quickMode, answer.result);
    else if (step === 'agreed') onAgreed(ctx, sa, quickMode, answer.result);
    else onResponded(ctx, sa, quickMode, answer.result);
    return;
  }
  const initiates = quickMode.role === 'initiator';
  const { reply } = answer;
  switch (step) {
    case 'spi-allocated':
      return initiates ? onInitiatorSpi(ctx, sa, quickMode, reply) : onResponderSpi(ctx, sa, quickMode, reply);
    case 'inbound-installed':
      return initiates
        ? onInitiatorInstalled(ctx, sa, quickMode, reply)
        : onResponderInstalled(ctx, sa, quickMode, reply);
    case 'outbound-installed':
      return onOutboundInstalled(ctx, sa, quickMode, reply);
    case 'counted':
      return onCounted(ctx, sa, quickMode, reply);
  }
}

/** Each Quick Mode has one timer; what it means depends on where the exchange stands. */
export function onQuickModeTimer(ctx: ContextV1, sa: IkeSaV1, messageId: number): void {
  const quickMode = sa.quickModes.get(messageId);
  if (quickMode === undefined) return;
  switch (quickMode.phase) {
    case 'qm1-sent':
      if (quickMode.last?.sent === DOUBTFUL) doubtIkeSa(ctx, sa);
      return onQuickMode1Timer(ctx, sa, quickMode);
    case 'qm2-sent':
      return onQuickMode2Timer(ctx, sa, quickMode);
    case 'switching':
      return onSwitchTimer(ctx, sa, quickMode);
    case 'done':
      return forgetQuickMode(ctx, sa, quickMode);
    case 'preparing':
    case 'installing':
      return;
  }
}

/** After so many transmissions of a first message without an answer it is time to ask for the IKE SA itself. */
const DOUBTFUL = 4;
