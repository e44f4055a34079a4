import type { Reason } from '../common/reason.ts';
import { restore } from './child-removal.ts';
import { childrenOf, findChild } from './children.ts';
import { closeIkeSa, dropCreation } from './close.ts';
import type { ContextV2 } from './context.ts';
import type { Creation } from './creation.ts';
import { pendingRival } from './follow-ups.ts';
import type { IkeSaV2 } from './state.ts';

/**
 * A CREATE_CHILD_SA of ours comes to nothing. What it was to replace carries on, and is tried again later. An IKE SA that
 * has begun without a Child SA (RFC 6023) and gets none ends: the next attempt starts over.
 */
export function failCreation(ctx: ContextV2, sa: IkeSaV2, reason: Reason, tunnel = tunnelOf(sa)): void {
  endCreation(ctx, sa);
  ctx.emit({ type: 'child.failed', tunnel, ikeSa: sa.id, reason });
  if (sa.handshake !== undefined && childrenOf(ctx, sa).length === 0) closeIkeSa(ctx, sa, reason);
}

/** The same without a word; what it was, and whether the peer's own exchange for the same SA takes its place, or may. */
export function endCreation(
  ctx: ContextV2,
  sa: IkeSaV2,
): { readonly creation: Creation; readonly rivals: boolean } | undefined {
  const { creation } = sa;
  if (creation === undefined) return undefined;
  const { task, rival } = creation;
  const rivals = rival !== undefined || pendingRival(sa) !== undefined;
  dropCreation(ctx, sa);
  const replaced = task.kind === 'create-child' ? findChild(ctx, sa, task.replaces) : undefined;
  if (replaced?.state === 'rekeying' && !rivals) restore(ctx, replaced);
  return { creation, rivals };
}

/** What it was for. */
function tunnelOf({ creation, tunnel }: IkeSaV2): string {
  return creation?.task.kind === 'create-child' ? creation.task.tunnel : tunnel;
}
