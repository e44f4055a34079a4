import { invariant } from '../../base/errors.ts';
import type { ChildSa } from '../../sa/child-sa.ts';
import { sameSelectors } from '../../sa/traffic-selector.ts';
import type { Context } from '../common/context.ts';
import type { TunnelPolicy } from '../common/policy.ts';
import { policiesFor, policyFor, tunnelsOf } from '../common/sharing.ts';
import type { ContextV2 } from './context.ts';
import type { IkeSaV2 } from './state.ts';

/** The Child SAs of an IKE SA: those that it has made or inherited, for whichever tunnel, and that end with it (§1.4.1). */
export function childrenOf(ctx: Context, sa: IkeSaV2): ChildSa[] {
  return tunnelsOf(sa)
    .flatMap((tunnel) => ctx.childrenOf(tunnel))
    .filter(({ ikeSa }) => ikeSa === sa.id);
}

/**
 * The IKE SA that a tunnel can go on with: one of its own, one that it shares, or that of another tunnel of the same peer,
 * unless the peer has refused it there. strongSwan with `unique = replace` takes a second one for the successor of the first,
 * and deletes that after ten seconds.
 */
export function ikeSaFor(ctx: ContextV2, policy: TunnelPolicy): IkeSaV2 | undefined {
  const { name } = policy;
  const usable = (sa: IkeSaV2) => sa.phase === 'established' && policyFor(ctx, sa, name) !== undefined;
  const known = ctx.ikeSasV2Of(name).filter(usable);
  const alike = policiesFor(ctx, { tunnel: name, guests: [] }).flatMap((other) => ctx.ikeSasV2Of(other.name));
  const others = alike.filter((sa) => usable(sa) && !sa.refused.includes(name));
  return known.findLast(({ tunnel }) => tunnel === name) ?? known.at(-1) ?? others.at(-1);
}

/** The tunnels that an IKE SA is in use for: they have Child SAs by it, or are about to. */
export function usersOf(ctx: Context, sa: IkeSaV2): string[] {
  const underWay = [sa.creation?.task, ...sa.tasks, ...sa.postponed];
  const planned = underWay.flatMap((task) => (task?.kind === 'create-child' ? [task.tunnel] : []));
  const children = childrenOf(ctx, sa).filter(({ state }) => state !== 'deleting');
  const users = new Set([...children.map(({ tunnel }) => tunnel), ...planned]);
  return tunnelsOf(sa).filter((tunnel) => users.has(tunnel));
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
