import { SECOND } from '../../base/time.ts';
import { childTimer } from '../common/child-timers.ts';
import type { Work } from '../common/work.ts';
import { isContested } from './child-crossing.ts';
import { childrenOf, findChild } from './children.ts';
import type { ContextV2 } from './context.ts';
import { addTask } from './message-window.ts';
import { renewIkeSa } from './renewal.ts';
import type { IkeSaV2 } from './state.ts';

/** A Child SA is near the end of its lifetime, or of what it may carry: a successor with the same selectors is made. */
export function onChildDue(ctx: ContextV2, sa: IkeSaV2, id: string): void {
  const child = findChild(ctx, sa, id);
  const policy = child === undefined ? undefined : ctx.policies.get(child.tunnel);
  if (child?.state !== 'installed' || policy === undefined) return;
  // Once more where that comes to nothing.
  ctx.setTimer(child.tunnel, childTimer('rekey', id), ctx.now.mono + policy.retry.interval);
  const waits = [...sa.tasks, ...sa.postponed].some((task) => task.kind === 'create-child' && task.replaces === id);
  if (waits) return;
  if (isContested(ctx, sa, child)) return ctx.setTimer(child.tunnel, childTimer('rekey', id), ctx.now.mono + SECOND);
  const { tunnel, localSelectors: local, remoteSelectors: remote } = child;
  addTask(sa, { kind: 'create-child', tunnel, replaces: id, local, remote });
}

/** The operator wants new keys now, as if the end of the lifetime were near. */
export function renewNow(
  ctx: ContextV2,
  sa: IkeSaV2,
  { tunnel, what }: Extract<Work, { readonly kind: 'rekey' }>,
): void {
  if (what === 'ike') return onIkeDue(ctx, sa);
  for (const child of childrenOf(ctx, sa)) if (child.tunnel === tunnel) onChildDue(ctx, sa, child.id);
}

/** The IKE SA is near the end of its lifetime. */
export function onIkeDue(ctx: ContextV2, sa: IkeSaV2): void {
  const policy = ctx.policies.get(sa.tunnel);
  if (sa.phase !== 'established' || policy === undefined) return;
  ctx.setTimer(sa.id, 'rekey', ctx.now.mono + policy.retry.interval);
  if (policy.reauthenticate) return renewIkeSa(ctx, sa);
  const underWay = [sa.creation?.task, ...sa.tasks, ...sa.postponed].some((task) => task?.kind === 'rekey-ike');
  if (!underWay) addTask(sa, { kind: 'rekey-ike' });
}
