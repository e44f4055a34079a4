import { endDrain } from '../common/child-drain.ts';
import type { Context } from '../common/context.ts';
import { removeChild } from './child-removal.ts';
import { switchOver } from './child-switch.ts';
import { findChild, heirOf } from './children.ts';
import { deletionOf } from './deletes.ts';
import { addTask } from './message-window.ts';
import type { IkeSaV2, Switch } from './state.ts';

/**
 * The data plane has dropped a Child SA at the end of its lifetime: the peer is told. What was to take over from it does
 * so now, whether the peer knows it or not; else another one is made, unless the operator wants none.
 */
export function childGone(ctx: Context, sa: IkeSaV2, id: string): void {
  const child = findChild(ctx, sa, id);
  if (child === undefined) return;
  if (child.state === 'deleting') return endDrain(ctx, child);
  removeChild(ctx, sa, child, { code: 'expired', text: 'the lifetime of the Child SA has ended' });
  addTask(sa, deletionOf(child));
  if (heirOf(ctx, child) !== undefined) return;
  const isHeir = ({ predecessor }: Switch) => predecessor === id;
  if (sa.switches.some(isHeir)) return switchOver(ctx, sa, isHeir);
  if (ctx.policies.get(child.tunnel)?.childRekey === 'never') return;
  addTask(sa, {
    kind: 'create-child',
    tunnel: child.tunnel,
    replaces: undefined,
    local: child.localSelectors,
    remote: child.remoteSelectors,
  });
}
