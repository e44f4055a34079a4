import { tunnelsOf } from '../common/sharing.ts';
import type { ContextV1 } from './context.ts';
import { discard } from './exchanges/quick-mode-end.ts';
import type { IkeSaV1, QuickMode } from './state.ts';

/**
 * A tunnel makes no more use of an IKE SA. False where no other one does either, so that it can end; else it is that of
 * the others from now on, and what the tunnel had begun by it comes to nothing.
 */
export function leaveToOthers(ctx: ContextV1, sa: IkeSaV1, tunnel: string): boolean {
  const others = tunnelsOf(sa).filter((other) => other !== tunnel);
  const heir = sa.tunnel === tunnel ? others.find((other) => isInUse(ctx, sa, other)) : sa.tunnel;
  if (heir === undefined) return false;
  sa.waiting = sa.waiting.filter((plan) => plan.tunnel !== tunnel);
  const begun = [...sa.quickModes.values()].filter(({ plan }) => plan.tunnel === tunnel);
  for (const quickMode of begun) discard(ctx, sa, quickMode);
  sa.tunnel = heir;
  sa.guests = others.filter((other) => other !== heir);
  ctx.touch(sa);
  return true;
}

/** It is on its way for the tunnel, or the tunnel has or is to have Child SAs. */
function isInUse(ctx: ContextV1, sa: IkeSaV1, tunnel: string): boolean {
  const isIts = ({ plan, phase }: QuickMode) => plan.tunnel === tunnel && phase !== 'done';
  return (
    sa.establishedAt === undefined ||
    ctx.ownChildrenOf(tunnel).length > 0 ||
    sa.waiting.some((plan) => plan.tunnel === tunnel) ||
    [...sa.quickModes.values()].some(isIts)
  );
}
