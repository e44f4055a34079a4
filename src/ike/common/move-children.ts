import { type ChildPath, type ChildSa, planMove } from '../../sa/child-sa.ts';
import type { Context } from './context.ts';

/** Takes Child SAs along to the new endpoints of their IKE SA, in the data plane too. */
export function moveChildren(ctx: Context, children: readonly ChildSa[], path: ChildPath): void {
  for (const child of children) {
    ctx.requestCleanUp({ kind: 'apply', steps: planMove(child, path) });
    child.local = path.local;
    child.remote = path.remote;
    child.encap = path.encap ?? child.encap;
  }
}
