import type { ChildSa } from '../../sa/child-sa.ts';
import { drain } from '../common/child-drain.ts';
import type { Context } from '../common/context.ts';
import type { Reason, Stage } from '../common/reason.ts';
import { removeChild } from './child-removal.ts';
import { childrenOf, heirsOf } from './children.ts';
import { deleteIke } from './deletes.ts';
import { dropFollowUps } from './follow-ups.ts';
import { addTask, sendLastWord } from './message-window.ts';
import type { IkeSaV2 } from './state.ts';

/**
 * Ends an IKE SA without another word to the peer: it is gone there, or was never there. What drains for the sake of a
 * successor, or has just been `handed` over, does so to its end.
 */
export function abandon(
  ctx: Context,
  sa: IkeSaV2,
  reason: Reason,
  { stage = 1, handed = [] }: { readonly stage?: Stage; readonly handed?: readonly ChildSa[] } = {},
): void {
  if (sa.phase === 'closed') return;
  const stays = (child: ChildSa) =>
    child.state === 'deleting' && (reason.code === 'replaced' || handed.includes(child));
  for (const child of childrenOf(ctx, sa)) if (!stays(child)) removeChild(ctx, sa, child, reason);
  const ref = { ikeSa: sa.id, tunnel: sa.tunnel };
  if (sa.establishedAt === undefined) ctx.emit({ type: 'ike.failed', ...ref, stage, reason });
  else ctx.emit({ type: 'ike.closed', ...ref, reason });
  sa.phase = 'closed';
  sa.pending = undefined;
  sa.outstanding = undefined;
  dropHandshake(ctx, sa);
  dropCreation(ctx, sa);
  dropFollowUps(ctx, sa, () => true);
  sa.keys = undefined;
  sa.queue = [];
  sa.tasks = [];
  sa.postponed = [];
}

/** Ends a half-open IKE SA of somebody unknown. Anyone can start one, so that only the counters hear of it. */
export function vanish(ctx: Context, sa: IkeSaV2, why: string): void {
  ctx.drop(sa.remote, why);
  sa.phase = 'closed';
}

/**
 * Ends an IKE SA and tells the peer. Its Child SAs leave the data plane at once; the IKE SA stays until the peer has
 * confirmed or does not answer. Of the Child SAs in `told` the events say elsewhere that they are replaced.
 */
export function closeIkeSa(ctx: Context, sa: IkeSaV2, reason: Reason, told: ReadonlySet<string> = new Set()): void {
  if (sa.phase === 'closed' || sa.phase === 'deleting') return;
  if (sa.phase !== 'established' && sa.phase !== 'rekeyed') {
    // The peer may already have answered IKE_AUTH: where it has, this reaches it as its next request.
    if (sa.phase === 'auth-sent') sendLastWord(ctx, sa, [deleteIke()]);
    return abandon(ctx, sa, reason);
  }
  for (const child of childrenOf(ctx, sa)) endChild(ctx, sa, child, { reason, told });
  sa.phase = 'deleting';
  dropHandshake(ctx, sa);
  dropCreation(ctx, sa);
  dropFollowUps(ctx, sa, () => true);
  sa.tasks = [];
  sa.postponed = [];
  addTask(sa, { kind: 'delete-ike', reason });
}

/** Ends the initial exchanges: their secrets go, and so does an SPI that no Child SA has come to use. */
export function dropHandshake(ctx: Context, sa: IkeSaV2): void {
  const reserved = sa.handshake?.reservedSpi;
  sa.handshake = undefined;
  if (reserved === undefined || childrenOf(ctx, sa).some((child) => child.inboundSpi === reserved.spi)) return;
  ctx.requestCleanUp({ kind: 'apply', steps: [{ kind: 'remove-sa', sa: reserved }] });
}

/** A CREATE_CHILD_SA of ours comes to nothing: its secrets go, and an SPI that no Child SA has come to use. */
export function dropCreation(ctx: Context, sa: IkeSaV2): void {
  const reserved = sa.creation?.reservedSpi;
  sa.creation = undefined;
  if (reserved === undefined || childrenOf(ctx, sa).some((child) => child.inboundSpi === reserved.spi)) return;
  ctx.requestCleanUp({ kind: 'apply', steps: [{ kind: 'remove-sa', sa: reserved }] });
}

/**
 * Another IKE SA carries its traffic, or is about to (`told`), of which the events then tell: it drains. Returns false
 * where there is none.
 */
export function handOver(ctx: Context, child: ChildSa, told: boolean): boolean {
  const heir = heirsOf(ctx, child).findLast(({ ikeSa }) => ikeSa !== child.ikeSa);
  if (heir === undefined && !told) return false;
  if (heir !== undefined && child.state !== 'rekeyed' && !told)
    ctx.emit({
      type: 'child.rekeyed',
      tunnel: child.tunnel,
      ikeSa: child.ikeSa,
      child: child.id,
      successor: heir.id,
    });
  drain(ctx, child, { untilReplaced: heir === undefined });
  return true;
}

/** `told`: the Child SAs whose replacement is told elsewhere. */
type Ending = { readonly reason: Reason; readonly told: ReadonlySet<string> };

/** What another IKE SA already carries goes over to that without a loss. */
export function endChild(ctx: Context, sa: IkeSaV2, child: ChildSa, { reason, told }: Ending): void {
  const isHanded = () => child.state === 'deleting' || handOver(ctx, child, told.has(child.id));
  if (reason.code !== 'replaced' || !isHanded()) return removeChild(ctx, sa, child, reason);
  // The peer may ask once more for what we have answered last.
  sa.switches = sa.switches.filter((waiting) => waiting.child !== child.id);
}
