import { type ChildPath, type ChildSa, planMove, planRemove } from '../../sa/child-sa.ts';
import type { Context } from './context.ts';

/** Takes Child SAs along to the new endpoints of their IKE SA, in the data plane too. */
export function moveChildren(ctx: Context, children: readonly ChildSa[], path: ChildPath): void {
  for (const child of children) {
    ctx.requestMove(child, planMove(child, path), planRemove(child));
    child.local = path.local;
    child.remote = path.remote;
    child.encap = path.encap ?? child.encap;
  }
}
