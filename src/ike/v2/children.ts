import { invariant } from '../../base/errors.ts';
import type { ChildSa } from '../../sa/child-sa.ts';
import { sameSelectors } from '../../sa/traffic-selector.ts';
import type { Context } from '../common/context.ts';
import type { IkeSaV2 } from './state.ts';

/** The Child SAs of an IKE SA: those of its tunnel that it has made or inherited, and that end with it (§1.4.1). */
export function childrenOf(ctx: Context, sa: IkeSaV2): ChildSa[] {
  return ctx.childrenOf(sa.tunnel).filter(({ ikeSa }) => ikeSa === sa.id);
}

export function findChild(ctx: Context, sa: IkeSaV2, id: string | undefined): ChildSa | undefined {
  return id === undefined ? undefined : childrenOf(ctx, sa).find((child) => child.id === id);
}

export function requireChild(ctx: Context, sa: IkeSaV2, id: string): ChildSa {
  const child = findChild(ctx, sa, id);
  invariant(child !== undefined, 'a Child SA stands while it is being installed');
  return child;
}

/** Another Child SA of the tunnel that carries the same traffic out. */
export function heirOf(ctx: Context, child: ChildSa): ChildSa | undefined {
  return heirsOf(ctx, child).at(-1);
}

/** All of those, the latest last. */
export function heirsOf(ctx: Context, child: ChildSa): ChildSa[] {
  return ctx
    .childrenOf(child.tunnel)
    .filter((other) => other !== child && other.sends && other.state !== 'deleting' && carrySame(other, child));
}

type Carried = Pick<ChildSa, 'localSelectors' | 'remoteSelectors'>;

/** Whether both are for the same traffic. */
export function carrySame(a: Carried, b: Carried): boolean {
  return sameSelectors(a.localSelectors, b.localSelectors) && sameSelectors(a.remoteSelectors, b.remoteSelectors);
}
