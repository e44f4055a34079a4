import { type ChildSa, planShrink } from '../../sa/child-sa.ts';
import type { Context } from '../common/context.ts';
import type { TunnelPolicy } from '../common/policy.ts';
import type { Reason } from '../common/reason.ts';
import { hasOthers, isEmpty, remainingSegments } from '../common/remaining-segments.ts';
import type { Work } from '../common/work.ts';
import { removeChild } from './child-removal.ts';
import { childrenOf } from './children.ts';
import { addTask } from './message-window.ts';
import type { IkeSaV2, Task } from './state.ts';

/**
 * The tunnel has fewer segments than before. A Child SA that is for nothing else is deleted; one that carries others as
 * well goes on with those, without a message: RFC 7296 §2.9.2 has no rekeying to less, but our own policy (RFC 4301
 * §4.4.1) lets through only what it says, whatever was agreed on. Where the peer keeps more than we do, it refuses the
 * next rekeying, and a new IKE SA takes over.
 */
export function pruneChildren(ctx: Context, sa: IkeSaV2, { tunnel, reason }: Pruning): void {
  const policy = ctx.policies.get(tunnel);
  if (policy === undefined) return;
  const narrowed = (tasks: readonly Task[]) => tasks.flatMap((task) => narrowTask(task, policy) ?? []);
  sa.tasks = narrowed(sa.tasks);
  sa.postponed = narrowed(sa.postponed);
  for (const child of childrenOf(ctx, sa).filter((one) => one.tunnel === tunnel)) {
    const kept = remainingSegments(child, policy);
    if (!hasOthers(child, kept)) continue;
    if (!isEmpty(kept)) shrink(ctx, child, kept);
    else if (child.state !== 'deleting') endChild(ctx, sa, child, reason);
  }
}

type Pruning = Extract<Work, { readonly kind: 'prune' }>;

function shrink(ctx: Context, child: ChildSa, kept: ReturnType<typeof remainingSegments>): void {
  ctx.requestCleanUp({ kind: 'apply', steps: planShrink(child, kept) });
  child.localSelectors = kept.localSelectors;
  child.remoteSelectors = kept.remoteSelectors;
}

/** One that the kernel has not confirmed yet is left to the exchange that makes it, and pruned with the next rekeying. */
function endChild(ctx: Context, sa: IkeSaV2, child: ChildSa, reason: Reason): void {
  if (child.state === 'installing') return;
  const { protocol, inboundSpi } = child;
  const isTold = child.state === 'rekeyed';
  removeChild(ctx, sa, child, reason);
  if (!isTold) addTask(sa, { kind: 'delete-children', protocol, spis: [inboundSpi] });
}

function narrowTask(task: Task, policy: TunnelPolicy): Task | undefined {
  if (task.kind !== 'create-child' || task.tunnel !== policy.name) return task;
  const { localSelectors: local, remoteSelectors: remote } = remainingSegments(
    { localSelectors: task.local, remoteSelectors: task.remote },
    policy,
  );
  return local.length === 0 || remote.length === 0 ? undefined : { ...task, local, remote };
}
