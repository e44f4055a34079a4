import { SECOND } from '../../base/time.ts';
import { type ChildSa, planRemove } from '../../sa/child-sa.ts';
import { clearChildTimers } from '../common/child-drain.ts';
import { childTimer } from '../common/child-timers.ts';
import type { Context } from '../common/context.ts';
import type { Reason } from '../common/reason.ts';
import { findChild } from './children.ts';
import { dropFollowUps, replacedBy } from './follow-ups.ts';
import type { IkeSaV2 } from './state.ts';

/** Takes a Child SA out of the data plane and out of the IKE SA. */
export function removeChild(ctx: Context, sa: IkeSaV2, child: ChildSa, reason: Reason): void {
  ctx.requestCleanUp({ kind: 'apply', steps: planRemove(child) });
  clearChildTimers(ctx, child);
  ctx.dropChild(child);
  cancelSwitch(ctx, sa, child);
  dropFollowUps(ctx, sa, (followUp) => replacedBy(followUp) === child.id);
  if (child.installedAt !== undefined) {
    ctx.emit({ type: 'child.deleted', ikeSa: sa.id, tunnel: child.tunnel, child: child.id, reason });
  }
}

/** It will not take over: what it was to replace stays, and is replaced later. */
export function cancelSwitch(ctx: Context, sa: IkeSaV2, child: ChildSa): void {
  const waiting = sa.switches.find(({ child: id }) => id === child.id);
  if (sa.creation?.rival === child.id) sa.creation.rival = undefined;
  if (waiting === undefined) return;
  sa.switches = sa.switches.filter((other) => other !== waiting);
  const old = findChild(ctx, sa, waiting.predecessor);
  const stillOurs = sa.creation?.task.kind === 'create-child' && sa.creation.task.replaces === waiting.predecessor;
  if (old?.state === 'rekeying' && !stillOurs) restore(ctx, old);
}

/** Its replacement came to nothing: it carries on, and another is tried after a while. */
export function restore(ctx: Context, child: ChildSa, wait = RETRY_TIME): void {
  child.state = 'installed';
  ctx.setTimer(child.tunnel, childTimer('rekey', child.id), ctx.now.mono + wait);
}

/** Long enough that two ends do not chase each other. */
const RETRY_TIME = 10 * SECOND;
