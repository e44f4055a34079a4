import { invariant } from '../../../base/errors.ts';
import { type Duration, MINUTE } from '../../../base/time.ts';
import { type ChildSa, planOutbound, planRemove } from '../../../sa/child-sa.ts';
import type { DataPlaneStep } from '../../../sa/data-plane.ts';
import { sendDeletes } from '../child-end.ts';
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

/** It comes to nothing: what it has reserved or half installed goes. */
export function discard(ctx: ContextV1, sa: IkeSaV1, quickMode: QuickMode): void {
  const child = ctx.childrenOf(quickMode.plan.tunnel).find(({ id }) => id === quickMode.child);
  if (child?.state === 'installing') {
    ctx.requestCleanUp({ kind: 'apply', steps: planRemove(child) });
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
 * The IKE SA ends. A Child SA that stands at the peer and only lacks its outbound half here gets that all the same, as
 * the peer sends through it. The others come to nothing; of those the peer may believe that they stand.
 */
export function abortQuickModes(ctx: ContextV1, sa: IkeSaV1): void {
  const unfinished: ChildSa[] = [];
  for (const quickMode of [...sa.quickModes.values()]) {
    const child = ctx.childrenOf(quickMode.plan.tunnel).find(({ id }) => id === quickMode.child);
    if (child?.state === 'installing' && standsAtPeer(quickMode)) {
      const { pending, lifetime } = quickMode;
      const ask = () => ctx.requestDataPlane(child.tunnel, { kind: 'apply', steps: outboundSteps(quickMode, child) });
      const request = pending?.request ?? ask();
      ctx.handOver(request, child.tunnel);
      child.completion = { request, lifetime };
      forgetQuickMode(ctx, sa, quickMode);
      continue;
    }
    if (child?.state === 'installing') unfinished.push(child);
    discard(ctx, sa, quickMode);
  }
  const others = ctx.ikeSasOf(sa.tunnel).filter((other) => other !== sa && other.phase === 'established');
  sendDeletes(ctx, others[0] ?? sa, unfinished);
}

/** The outbound half is being installed, or waits for its time only. */
function standsAtPeer({ phase, pending }: QuickMode): boolean {
  return phase === 'switching' || pending?.step === 'outbound-installed';
}

/**
 * What lets packets out, to where the peer is now: it may have moved since the keys were made. Requests are performed
 * in order: for whatever is asked from now on, the outbound SA is there.
 */
export function outboundSteps(quickMode: QuickMode, child: ChildSa): readonly DataPlaneStep[] {
  invariant(quickMode.outbound !== undefined, 'what is installed was agreed on');
  const { keys, limits } = quickMode.outbound;
  child.sends = true;
  return planOutbound(child, keys, limits);
}

const LINGER: Duration = MINUTE;
