import type { ChildSa } from '../../sa/child-sa.ts';
import type { Reason } from '../common/reason.ts';
import { cancelSwitch } from './child-removal.ts';
import { hastenSwitches } from './child-switch.ts';
import { childrenOf, usersOf } from './children.ts';
import { closeIkeSa, endChild } from './close.ts';
import type { ContextV2 } from './context.ts';
import { deletionOf } from './deletes.ts';
import { addTask } from './message-window.ts';
import type { IkeSaV2, Task } from './state.ts';

/**
 * A tunnel makes no more use of an IKE SA: that ends, unless other tunnels share it. Then only the Child SAs of this one
 * do, and where it was made for this one, it is another's from now on.
 */
export function leaveIkeSa(ctx: ContextV2, sa: IkeSaV2, tunnel: string, reason: Reason): void {
  const [heir] = usersOf(ctx, sa).filter((user) => user !== tunnel);
  // A successor or predecessor has no Child SAs of its own, and goes the way of the other one.
  const next = heir ?? (sa.phase === 'rekeyed' ? sa.guests.find((guest) => guest !== tunnel) : undefined);
  const stays = sa.tunnel !== tunnel || next !== undefined;
  // What takes its place carries the traffic before this one goes.
  const told = reason.code === 'replaced' ? hastenSwitches(ctx, sa, stays ? tunnel : undefined) : new Set<string>();
  if (!stays) return closeIkeSa(ctx, sa, reason, told);
  if (sa.phase === 'deleting') return;
  const isOfOthers = (task: Task) => task.kind !== 'create-child' || task.tunnel !== tunnel;
  sa.tasks = sa.tasks.filter(isOfOthers);
  sa.postponed = sa.postponed.filter(isOfOthers);
  const gone = childrenOf(ctx, sa).filter((child) => child.tunnel === tunnel);
  for (const child of gone) cancelSwitch(ctx, sa, child);
  for (const child of gone) {
    if (child.state !== 'deleting' && !isBeingTold(sa, child)) addTask(sa, deletionOf(child));
    endChild(ctx, sa, child, { reason, told });
  }
  // What drains does so without an IKE SA.
  sa.guests = sa.guests.filter((guest) => guest !== tunnel && guest !== next);
  if (sa.tunnel === tunnel && next !== undefined) sa.tunnel = next;
}

/** Its Delete is on its way or in line. */
function isBeingTold({ outstanding, tasks, postponed }: IkeSaV2, { protocol, inboundSpi }: ChildSa): boolean {
  return [outstanding?.task, ...tasks, ...postponed].some(
    (task) => task?.kind === 'delete-children' && task.protocol === protocol && task.spis.includes(inboundSpi),
  );
}
