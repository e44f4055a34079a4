import { type Duration, SECOND } from '../../base/time.ts';
import type { ChildSa } from '../../sa/child-sa.ts';
import type { Reason } from '../common/reason.ts';
import { hastenSwitches, takeOverFrom } from './child-switch.ts';
import { carrySame, childrenOf, heirOf } from './children.ts';
import { closeIkeSa } from './close.ts';
import type { ContextV2 } from './context.ts';
import { outlasts } from './ike-succession.ts';
import { leaveIkeSa } from './leaving.ts';
import { isProven, probe } from './liveness.ts';
import type { IkeSaV2 } from './state.ts';

/**
 * The peer is to delete this one: of two IKE SAs that both ends have initiated at once, the one that it has initiated,
 * which not every peer does, as no RFC asks for it (strongSwan keeps both); or one in whose place it has made another,
 * which it has perhaps lost.
 */
export function awaitDelete(ctx: ContextV2, sa: IkeSaV2): void {
  sa.outdatedSince ??= ctx.now.mono;
  ctx.setTimer(sa.id, 'superfluous', ctx.now.mono + PATIENCE);
}

/** The peer has kept it, or it is ours to delete; so we do, unless the others have come to their end meanwhile. */
export function onSuperfluousTimer(ctx: ContextV2, sa: IkeSaV2): void {
  const others = othersThan(ctx, sa);
  if (sa.phase !== 'established' || others.length === 0) {
    sa.outdatedSince = undefined;
    sa.superfluousSince = undefined;
    return;
  }
  sa.outdatedSince ??= ctx.now.mono;
  sa.superfluousSince ??= ctx.now.mono;
  if (endSuperfluous(ctx, sa) || endEmpty(ctx, sa, others)) return;
  for (const other of others) if (!isProven(other)) probe(other);
  ctx.setTimer(sa.id, 'superfluous', ctx.now.mono + PROOF_TIME);
}

/**
 * Not before the peer is known to have what stays, and to send through it: its IKE_AUTH may have been answered in vain,
 * which liveness finds out. Nor, for a while, before that carries all of its traffic. Returns true where it ends.
 */
export function endSuperfluous(ctx: ContextV2, sa: IkeSaV2): boolean {
  if (sa.superfluousSince === undefined) return false;
  const isHeir = (other: IkeSaV2) =>
    outlasts(other, sa) && childrenOf(ctx, other).some(({ tunnel }) => tunnel === sa.tunnel);
  const heirs = othersThan(ctx, sa).filter(isHeir);
  if (heirs.length === 0 || !heirs.every(isProven)) return false;
  for (const heir of heirs) takeOverFrom(ctx, heir, sa);
  const isComplete = ctx.now.mono >= sa.superfluousSince + COMPLETION_TIME || isSucceeded(ctx, sa, heirs);
  if (!isComplete) return false;
  sa.superfluousSince = undefined;
  // What other tunnels have by it goes along where the peer has made that anew as well, and else keeps it.
  const carried = childrenOf(ctx, sa).filter(({ state }) => state !== 'deleting');
  const isOthersToo = carried.some((child) => child.tunnel !== sa.tunnel && !isCarriedElsewhere(ctx, child));
  if (isOthersToo) leaveIkeSa(ctx, sa, sa.tunnel, REPLACED);
  else closeIkeSa(ctx, sa, REPLACED, hastenSwitches(ctx, sa));
  return true;
}

/**
 * What took its place has lost its Child SAs, so that this one carries the traffic after all, and the other one goes: both
 * ends see it so, as both have the same Child SAs. Not while any are being made. Returns true where that is so.
 */
function endEmpty(ctx: ContextV2, sa: IkeSaV2, others: readonly IkeSaV2[]): boolean {
  const isLate = ctx.now.mono >= (sa.superfluousSince ?? ctx.now.mono) + COMPLETION_TIME;
  const isIdle = (other: IkeSaV2) =>
    other.pending === undefined && other.creation === undefined && other.tasks.length === 0;
  const isEmpty = (other: IkeSaV2) => isIdle(other) && childrenOf(ctx, other).length === 0;
  if (!isLate || childrenOf(ctx, sa).length === 0 || !others.every(isEmpty)) return false;
  sa.outdatedSince = undefined;
  sa.superfluousSince = undefined;
  for (const other of others) {
    other.queue.push({ kind: 'leave', tunnel: other.tunnel, reason: REPLACED });
    ctx.touch(other);
  }
  return true;
}

/** The data plane has confirmed that it sends through others. */
function isSucceeded(ctx: ContextV2, sa: IkeSaV2, heirs: readonly IkeSaV2[]): boolean {
  const settled = heirs.filter(({ pending }) => pending?.step.kind !== 'switched');
  const carriers = settled.flatMap((heir) => childrenOf(ctx, heir)).filter(({ sends }) => sends);
  const used = childrenOf(ctx, sa).filter(({ state, tunnel }) => state !== 'deleting' && tunnel === sa.tunnel);
  return used.every((child) => carriers.some((other) => carrySame(child, other)));
}

function isCarriedElsewhere(ctx: ContextV2, child: ChildSa): boolean {
  return (heirOf(ctx, child)?.ikeSa ?? child.ikeSa) !== child.ikeSa;
}

function othersThan(ctx: ContextV2, sa: IkeSaV2): IkeSaV2[] {
  return ctx.ikeSasV2Of(sa.tunnel).filter((other) => other !== sa && other.phase === 'established');
}

export const REPLACED: Reason = { code: 'replaced', text: 'another IKE SA of this tunnel has taken over' };

/** A Delete that was lost is repeated within this time. */
const PATIENCE: Duration = 10 * SECOND;

/** How long the other Child SAs may take where one does not carry all; the peer may also refuse some of them. */
export const COMPLETION_TIME: Duration = 30 * SECOND;

/** How soon to look again whether the peer has answered. */
const PROOF_TIME: Duration = 2 * SECOND;
