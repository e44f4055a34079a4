import type { ChildSa } from '../../sa/child-sa.ts';
import type { Reason } from '../common/reason.ts';
import type { Work } from '../common/work.ts';
import { removeChild } from './child-removal.ts';
import { childrenOf, findChild, heirOf } from './children.ts';
import { abandon, closeIkeSa } from './close.ts';
import type { ContextV2 } from './context.ts';
import { deleteIke, deletionOf } from './deletes.ts';
import { addTask, sendLastWord } from './message-window.ts';
import type { IkeSaV2, Task } from './state.ts';

/**
 * One Child SA goes, at both ends (RFC 7296 §1.4.1), and the IKE SA stays, even without any. What is to carry its traffic
 * in its place goes as well, whoever has begun that: what the peer has made is deleted along with it, what we have asked
 * for when the answer is there (§2.25.1), and a new IKE SA that is to take over takes over all but this.
 */
export function endChildOnly(ctx: ContextV2, sa: IkeSaV2, { child: id, reason }: Ending): void {
  const named = findChild(ctx, sa, id);
  // While this has waited for its turn a successor may have taken over.
  const child = named !== undefined && isReplaced(named) ? heirOf(ctx, named) : named;
  if (child === undefined) return;
  if (child.ikeSa !== sa.id) return endElsewhere(ctx, child.ikeSa, child, reason);
  giveUpOurs(sa, child);
  const waiting = sa.switches.filter(({ predecessor }) => predecessor === child.id).map((one) => one.child);
  for (const one of [child, ...childrenOf(ctx, sa).filter((other) => waiting.includes(other.id))]) {
    addTask(sa, deletionOf(one));
    removeChild(ctx, sa, one, reason);
  }
  for (const other of ctx.ikeSasV2Of(child.tunnel)) if (other !== sa) giveUpSwitches(other, child, reason);
}

/**
 * An IKE SA goes with its Child SAs, of whichever tunnels. `atOnce`: the peer is told, and has gone for us whether it
 * answers or not.
 */
export function endIkeSa(
  ctx: ContextV2,
  sa: IkeSaV2,
  { reason, atOnce }: Extract<Work, { readonly kind: 'end' }>,
): void {
  closeIkeSa(ctx, sa, reason);
  if (!atOnce || sa.phase !== 'deleting') return;
  if (sa.outstanding?.task?.kind !== 'delete-ike') sendLastWord(ctx, sa, [deleteIke()]);
  abandon(ctx, sa, reason);
}

type Ending = Extract<Work, { readonly kind: 'end-child' }>;

function isReplaced({ state }: ChildSa): boolean {
  return state === 'rekeyed' || state === 'deleting';
}

/** What of ours is to replace it waits, or is under way. */
function giveUpOurs(sa: IkeSaV2, { id }: ChildSa): void {
  const replacesIt = (task: Task) => task.kind === 'create-child' && task.replaces === id;
  sa.tasks = sa.tasks.filter((task) => !replacesIt(task));
  sa.postponed = sa.postponed.filter((task) => !replacesIt(task));
  if (sa.creation !== undefined && replacesIt(sa.creation.task)) sa.creation.unwanted = true;
}

/** What waits in another IKE SA of the tunnel to take over from it. */
function giveUpSwitches({ switches, queue }: IkeSaV2, { id }: ChildSa, reason: Reason): void {
  for (const { child, predecessor } of switches)
    if (predecessor === id) queue.push({ kind: 'end-child', child, reason });
}

/** What has taken over from it is of another IKE SA of the tunnel. */
function endElsewhere(ctx: ContextV2, ikeSa: number, { id, tunnel }: ChildSa, reason: Reason): void {
  const other = ctx.ikeSasV2Of(tunnel).find((one) => one.id === ikeSa);
  other?.queue.push({ kind: 'end-child', child: id, reason });
}
