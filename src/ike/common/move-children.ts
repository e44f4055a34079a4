import type { Endpoint } from '../../base/net.ts';
import { type ChildSa, planMove } from '../../sa/child-sa.ts';
import type { Context } from './context.ts';

/** Takes Child SAs along to the new endpoints of their IKE SA, in the data plane too. */
export function moveChildren(
  ctx: Context,
  children: readonly ChildSa[],
  path: { readonly local: Endpoint; readonly remote: Endpoint },
): void {
  for (const child of children) {
    ctx.requestCleanUp({ kind: 'apply', steps: planMove(child, path.local, path.remote) });
    child.local = path.local;
    child.remote = path.remote;
  }
}
