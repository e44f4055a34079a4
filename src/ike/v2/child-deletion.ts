import { readU32 } from '../../base/bytes.ts';
import type { ChildSa } from '../../sa/child-sa.ts';
import type { ChildProtocol } from '../../sa/proposal.ts';
import { drain } from '../common/child-drain.ts';
import { isDeclined, modeMismatch } from '../common/child-mode.ts';
import type { Context } from '../common/context.ts';
import type { Reason } from '../common/reason.ts';
import { removeChild } from './child-removal.ts';
import { switchOver } from './child-switch.ts';
import { childrenOf, heirOf } from './children.ts';
import { deleteChildren } from './deletes.ts';
import { giveUpFollowUps } from './follow-up-failure.ts';
import type { DeleteChildrenTask, IkeSaV2, Task } from './state.ts';
import type { DeletePayload } from './wire/delete.ts';
import type { Payload } from './wire/payload.ts';
import { PROTOCOL } from './wire/sa.ts';

/**
 * RFC 7296 §1.4.1: the peer names its inbound SPIs, our outbound ones; the answer names the other halves, but for those
 * that we are deleting ourselves (§2.25.1). What replaces them carries the traffic from now on.
 */
export function deleteNamedChildren(ctx: Context, sa: IkeSaV2, deletes: readonly DeletePayload[]): Payload[] {
  const named = deletes.map((payload) => ({ protocol: protocolOf(payload), spis: spisOf(payload) }));
  const all = childrenOf(ctx, sa);
  const gone = all.filter(
    (child) =>
      child.state !== 'deleting' &&
      named.some(({ protocol, spis }) => protocol === child.protocol && spis.has(child.outboundSpi)),
  );
  for (const { spis } of named) {
    noteUnknown(sa, all, spis);
    // What is not made yet, the peer has given up.
    giveUpFollowUps(ctx, sa, ({ made }) => made.kind === 'child' && spis.has(made.answer.negotiation.peerSpi));
  }
  const answered = gone.filter((child) => !forgetOwnDelete(sa, child));
  const ids = new Set(gone.map(({ id }) => id));
  // Those that wait and are gone themselves take nothing over.
  for (const child of gone) if (child.state === 'installing') removeChild(ctx, sa, child, whyDeleted(ctx, child));
  switchOver(ctx, sa, ({ predecessor }) => ids.has(predecessor));
  for (const child of gone) if (child.state !== 'installing') endChild(ctx, sa, child);
  return PROTOCOLS.flatMap((protocol) => {
    const spis = answered.filter((child) => child.protocol === protocol).map(({ inboundSpi }) => inboundSpi);
    return spis.length === 0 ? [] : [deleteChildren(protocol, spis)];
  });
}

/** The peer has confirmed that it no longer has them. */
export function onChildrenDeleted(ctx: Context, sa: IkeSaV2, { protocol, spis }: DeleteChildrenTask): void {
  for (const child of childrenOf(ctx, sa))
    if (child.state === 'rekeyed' && child.protocol === protocol && spis.includes(child.inboundSpi)) drain(ctx, child);
}

const PROTOCOLS: readonly ChildProtocol[] = ['esp', 'ah'];

const PEER_DELETED: Reason = { code: 'peer-closed', text: 'the peer has deleted the Child SA' };

function whyDeleted(ctx: Context, child: ChildSa): Reason {
  return isDeclined(child, ctx.now.mono) ? modeMismatch({}) : PEER_DELETED;
}

/** Of what the peer deletes before we know it, no more than it can have made with one exchange. */
const MAX_DELETED = 8;

function endChild(ctx: Context, sa: IkeSaV2, child: ChildSa): void {
  const heir = heirOf(ctx, child);
  if (child.state !== 'rekeyed' && heir === undefined) return removeChild(ctx, sa, child, whyDeleted(ctx, child));
  // One that is only now taking over says so itself.
  const isTold = child.state === 'rekeyed' || heir?.state !== 'installed';
  child.state = 'rekeyed';
  if (heir !== undefined && !isTold)
    ctx.emit({ type: 'child.rekeyed', tunnel: child.tunnel, ikeSa: sa.id, child: child.id, successor: heir.id });
  drain(ctx, child);
}

/** Whether it is about to be deleted by us: then both ends know. A Delete that has not gone out need not. */
function forgetOwnDelete(sa: IkeSaV2, child: ChildSa): boolean {
  const names = (task: Task | undefined) =>
    task?.kind === 'delete-children' && task.protocol === child.protocol && task.spis.includes(child.inboundSpi);
  const known = names(sa.outstanding?.task) || sa.tasks.some(names);
  sa.tasks = sa.tasks.filter((task) => !names(task) || (task.kind === 'delete-children' && task.spis.length > 1));
  return known;
}

/** The answer that makes one of ours may have been overtaken by the Delete for it. */
function noteUnknown(sa: IkeSaV2, children: readonly ChildSa[], spis: ReadonlySet<number>): void {
  const { creation } = sa;
  if (creation === undefined) return;
  for (const spi of spis) {
    const known = children.some(({ outboundSpi }) => outboundSpi === spi);
    if (!known && creation.deletedSpis.length < MAX_DELETED) creation.deletedSpis.push(spi);
  }
}

function protocolOf({ protocol }: DeletePayload): ChildProtocol {
  return protocol === PROTOCOL.AH ? 'ah' : 'esp';
}

function spisOf({ spis }: DeletePayload): ReadonlySet<number> {
  return new Set(spis.map((spi) => readU32(spi)));
}
