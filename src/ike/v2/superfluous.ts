import { type Duration, SECOND } from '../../base/time.ts';
import type { Reason } from '../common/reason.ts';
import { hastenSwitches } from './child-switch.ts';
import { childrenOf } from './children.ts';
import { closeIkeSa } from './close.ts';
import type { ContextV2 } from './context.ts';
import type { IkeSaV2 } from './state.ts';

/**
 * The peer is to delete this one: of two IKE SAs that both ends have initiated at once, the one that it has initiated,
 * which not every peer does, as no RFC asks for it (strongSwan keeps both); or one in whose place it has made another,
 * which it has perhaps lost.
 */
export function awaitDelete(ctx: ContextV2, sa: IkeSaV2): void {
  ctx.setTimer(sa.id, 'superfluous', ctx.now.mono + PATIENCE);
}

/** The peer has kept it, so that we delete it, unless the other one has come to its end meanwhile. */
export function onSuperfluousTimer(ctx: ContextV2, sa: IkeSaV2): void {
  const others = ctx.ikeSasV2Of(sa.tunnel).filter((other) => other !== sa && other.phase === 'established');
  if (!others.some((other) => childrenOf(ctx, other).length > 0)) return;
  closeIkeSa(ctx, sa, REPLACED, hastenSwitches(ctx, sa));
}

/** Whether each end initiated one of the two before the other one was established. A rekeying initiates nothing new. */
export function crossed(fresh: IkeSaV2, other: IkeSaV2): boolean {
  if (fresh.role === other.role || other.establishedAt === undefined || other.lowerNonce !== undefined) return false;
  return fresh.startedAt <= other.establishedAt.mono;
}

export const REPLACED: Reason = { code: 'replaced', text: 'another IKE SA of this tunnel has taken over' };

/** A Delete that was lost is repeated within this time, and so is the IKE_AUTH that has made the other one. */
const PATIENCE: Duration = 15 * SECOND;
