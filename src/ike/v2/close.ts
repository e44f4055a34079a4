import { type ChildSa, planRemove } from '../../sa/child-sa.ts';
import type { Context } from '../common/context.ts';
import type { Reason, Stage } from '../common/reason.ts';
import { childrenOf } from './children.ts';
import { deleteIke } from './deletes.ts';
import { addTask, sendLastWord } from './message-window.ts';
import type { IkeSaV2 } from './state.ts';

/** Ends an IKE SA without another word to the peer: it is gone there, or was never there. */
export function abandon(ctx: Context, sa: IkeSaV2, reason: Reason, stage: Stage = 1): void {
  if (sa.phase === 'closed') return;
  for (const child of childrenOf(ctx, sa)) removeChild(ctx, sa, child, reason);
  const ref = { ikeSa: sa.id, tunnel: sa.tunnel };
  if (sa.establishedAt === undefined) ctx.emit({ type: 'ike.failed', ...ref, stage, reason });
  else ctx.emit({ type: 'ike.closed', ...ref, reason });
  sa.phase = 'closed';
  sa.pending = undefined;
  sa.outstanding = undefined;
  dropHandshake(ctx, sa);
  sa.keys = undefined;
  sa.queue = [];
  sa.tasks = [];
}

/** Ends a half-open IKE SA of somebody unknown. Anyone can start one, so that only the counters hear of it. */
export function vanish(ctx: Context, sa: IkeSaV2, why: string): void {
  ctx.drop(sa.remote, why);
  sa.phase = 'closed';
}

/**
 * Ends an IKE SA and tells the peer. Its Child SAs leave the data plane at once; the IKE SA stays until the peer has
 * confirmed or does not answer.
 */
export function closeIkeSa(ctx: Context, sa: IkeSaV2, reason: Reason): void {
  if (sa.phase === 'closed' || sa.phase === 'deleting') return;
  if (sa.phase !== 'established') {
    // The peer may already have answered IKE_AUTH: where it has, this reaches it as its next request.
    if (sa.phase === 'auth-sent') sendLastWord(ctx, sa, [deleteIke()]);
    return abandon(ctx, sa, reason);
  }
  for (const child of childrenOf(ctx, sa)) removeChild(ctx, sa, child, reason);
  sa.phase = 'deleting';
  dropHandshake(ctx, sa);
  sa.tasks = [];
  addTask(sa, { kind: 'delete-ike', reason });
}

/** Ends the initial exchanges: their secrets go, and so does an SPI that no Child SA has come to use. */
export function dropHandshake(ctx: Context, sa: IkeSaV2): void {
  const reserved = sa.handshake?.reservedSpi;
  sa.handshake = undefined;
  if (reserved === undefined || childrenOf(ctx, sa).some((child) => child.inboundSpi === reserved.spi)) return;
  ctx.requestCleanUp({ kind: 'apply', steps: [{ kind: 'remove-sa', sa: reserved }] });
}

/** Takes a Child SA out of the data plane and out of the IKE SA. */
export function removeChild(ctx: Context, sa: IkeSaV2, child: ChildSa, reason: Reason): void {
  ctx.requestCleanUp({ kind: 'apply', steps: planRemove(child) });
  ctx.dropChild(child);
  if (child.installedAt !== undefined) {
    ctx.emit({ type: 'child.deleted', ikeSa: sa.id, tunnel: child.tunnel, child: child.id, reason });
  }
}

/** The data plane has dropped a Child SA at the end of its lifetime: the peer is told, the rest follows. */
export function childGone(ctx: Context, sa: IkeSaV2, id: string): void {
  const child = childrenOf(ctx, sa).find((candidate) => candidate.id === id);
  if (child === undefined) return;
  removeChild(ctx, sa, child, { code: 'expired', text: 'the lifetime of the Child SA has ended' });
  addTask(sa, { kind: 'delete-children', protocol: child.protocol, spis: [child.inboundSpi] });
}
