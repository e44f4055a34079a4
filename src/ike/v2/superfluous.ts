import { type Duration, SECOND } from '../../base/time.ts';
import type { Reason } from '../common/reason.ts';
import { hastenSwitches } from './child-switch.ts';
import { childrenOf, heirOf } from './children.ts';
import { closeIkeSa } from './close.ts';
import type { ContextV2 } from './context.ts';
import { leaveIkeSa } from './leaving.ts';
import { isProven, probe } from './liveness.ts';
import type { IkeSaV2 } from './state.ts';

/**
 * The peer is to delete this one: of two IKE SAs that both ends have initiated at once, the one that it has initiated,
 * which not every peer does, as no RFC asks for it (strongSwan keeps both); or one in whose place it has made another,
 * which it has perhaps lost.
 */
export function awaitDelete(ctx: ContextV2, sa: IkeSaV2): void {
  ctx.setTimer(sa.id, 'superfluous', ctx.now.mono + PATIENCE);
}

/**
 * The peer has kept it, so that we delete it, unless the other one has come to its end meanwhile. The peer must be known
 * to have that: where its IKE_AUTH was answered in vain, liveness finds out.
 */
export function onSuperfluousTimer(ctx: ContextV2, sa: IkeSaV2): void {
  const others = ctx.ikeSasV2Of(sa.tunnel).filter((other) => other !== sa && other.phase === 'established');
  const heirs = others.filter((other) => childrenOf(ctx, other).some(({ tunnel }) => tunnel === sa.tunnel));
  if (heirs.length === 0) return;
  if (!heirs.some(isProven)) {
    for (const heir of heirs) probe(heir);
    return ctx.setTimer(sa.id, 'superfluous', ctx.now.mono + PROOF_TIME);
  }
  // What other tunnels have by it goes along where the peer has made that anew as well, and else keeps it.
  const carried = childrenOf(ctx, sa).filter(({ state }) => state !== 'deleting');
  const isLeft = carried.every((child) => (heirOf(ctx, child)?.ikeSa ?? sa.id) !== sa.id);
  if (isLeft) closeIkeSa(ctx, sa, REPLACED, hastenSwitches(ctx, sa));
  else leaveIkeSa(ctx, sa, sa.tunnel, REPLACED);
}

/** Whether each end initiated one of the two before the other one was established. A rekeying initiates nothing new. */
export function crossed(fresh: IkeSaV2, other: IkeSaV2): boolean {
  if (fresh.role === other.role || other.establishedAt === undefined || other.lowerNonce !== undefined) return false;
  return fresh.startedAt <= other.establishedAt.mono;
}

export const REPLACED: Reason = { code: 'replaced', text: 'another IKE SA of this tunnel has taken over' };

/** A Delete that was lost is repeated within this time. */
const PATIENCE: Duration = 10 * SECOND;

/** How soon to look again whether the peer has answered. */
const PROOF_TIME: Duration = 2 * SECOND;
