import { invariant } from '../../../base/errors.ts';
import { type Duration, MINUTE } from '../../../base/time.ts';
import { type ChildSa, planOutbound } from '../../../sa/child-sa.ts';
import type { DataPlaneStep } from '../../../sa/data-plane.ts';
import { removal } from '../child-end.ts';
import { childInstalled } from '../child-succession.ts';
import type { ContextV1 } from '../context.ts';
import { forgetIvs } from '../messages.ts';
import type { IkeSaV1, QuickMode } from '../state.ts';

/** The timer of a Quick Mode. */
export function timerOf({ messageId }: QuickMode): string {
  return `quick-mode-${messageId}`;
}

/** It has come to its end; for a while it still answers repetitions. */
export function finish(ctx: ContextV1, sa: IkeSaV1, quickMode: QuickMode): void {
  quickMode.phase = 'done';
  quickMode.outbound = undefined;
  ctx.setTimer(sa.id, timerOf(quickMode), ctx.now.mono + LINGER);
}

/** What lets packets out, to where the peer is now: it may have moved since the keys were made. */
export function outboundSteps(child: ChildSa, { outbound }: QuickMode): readonly DataPlaneStep[] {
  invariant(outbound !== undefined, 'the outbound half is kept until it is installed');
  return planOutbound(child, outbound.keys, outbound.limits);
}

/** It comes to nothing: what it has reserved or half installed goes. */
export function discard(ctx: ContextV1, sa: IkeSaV1, quickMode: QuickMode): void {
  const child = ctx.childrenOf(sa.tunnel).find(({ id }) => id === quickMode.child);
  if (child?.state === 'installing') {
    ctx.requestCleanUp({ kind: 'apply', steps: removal(child) });
    ctx.dropChild(child);
  } else if (quickMode.child === undefined && quickMode.reserved !== undefined) {
    ctx.requestCleanUp({ kind: 'apply', steps: [{ kind: 'remove-sa', sa: quickMode.reserved }] });
  }
  forgetQuickMode(ctx, sa, quickMode);
}

export function forgetQuickMode(ctx: ContextV1, sa: IkeSaV1, quickMode: QuickMode): void {
  ctx.clearTimer(sa.id, timerOf(quickMode));
  sa.quickModes.delete(quickMode.messageId);
  if (sa.ivs !== undefined) forgetIvs(sa, quickMode.messageId);
}

/**
 * The IKE SA ends. A Child SA that stands at the peer and only waits here for its outbound half gets it now: the peer
 * sends through it. The others come to nothing.
 */
export function abortQuickModes(ctx: ContextV1, sa: IkeSaV1): void {
  for (const quickMode of [...sa.quickModes.values()]) {
    const child = ctx.childrenOf(sa.tunnel).find(({ id }) => id === quickMode.child);
    if (quickMode.phase !== 'switching' || child === undefined) {
      discard(ctx, sa, quickMode);
      continue;
    }
    ctx.requestCleanUp({ kind: 'apply', steps: outboundSteps(child, quickMode) });
    child.sends = true;
    forgetQuickMode(ctx, sa, quickMode);
    childInstalled(ctx, child, quickMode.lifetime);
  }
}

const LINGER: Duration = MINUTE;
