import { inboundSa } from '../../sa/child-sa.ts';
import type { TunnelPolicy } from '../common/policy.ts';
import { policiesFor, policyFor, serve, tunnelsOf } from '../common/sharing.ts';
import type { ContextV1 } from './context.ts';
import type { IkeSaV1 } from './state.ts';

/** The IKE SA that a tunnel uses: the youngest that nothing has replaced. */
export function currentIkeSa(ctx: ContextV1, tunnel: string): IkeSaV1 | undefined {
  const live = ctx.ikeSasOf(tunnel).filter(({ phase }) => phase === 'established');
  return live.reduce<IkeSaV1 | undefined>(
    (best, sa) => ((best?.establishedAt?.mono ?? -1) > (sa.establishedAt?.mono ?? 0) ? best : sa),
    undefined,
  );
}

/**
 * The IKE SA that a tunnel uses, be it one that was made for another tunnel of the same peer: where there is one already
 * none of its own is made. IKEv1 says nothing of what an IKE SA is for, and most peers have one for all they do with us:
 * strongSwan takes every further one for the successor of the one before, and deletes that.
 */
export function usableIkeSa(ctx: ContextV1, policy: TunnelPolicy): IkeSaV1 | undefined {
  const own = currentIkeSa(ctx, policy.name);
  if (own !== undefined) return own;
  for (const other of likeOf(ctx, policy)) {
    const sa = currentIkeSa(ctx, other.name);
    if (sa === undefined || policyFor(ctx, sa, policy.name) === undefined) continue;
    share(ctx, sa, policy.name);
    return sa;
  }
  return undefined;
}

/** An IKE SA of our own doing that is on its way, for this tunnel or another one of the same peer. */
export function connectingIkeSa(ctx: ContextV1, policy: TunnelPolicy): IkeSaV1 | undefined {
  const all = [policy, ...likeOf(ctx, policy)].flatMap(({ name }) => ctx.ikeSasOf(name));
  return all.find((sa) => isOnItsWay(sa) && policyFor(ctx, sa, policy.name) !== undefined);
}

/** From now on the IKE SA is used for another tunnel as well. */
export function share(ctx: ContextV1, sa: IkeSaV1, tunnel: string): void {
  serve(sa, tunnel);
  ctx.touch(sa);
}

/** The tunnels that can share an IKE SA with this one, without it. */
export function likeOf(ctx: ContextV1, policy: TunnelPolicy): TunnelPolicy[] {
  return policiesFor(ctx, { tunnel: policy.name, guests: [] }).filter((other) => other !== policy);
}

/** The same by what it has: its own tunnel and all that can share it. */
export function familyOf(ctx: ContextV1, sa: IkeSaV1): readonly string[] {
  return [...new Set([...tunnelsOf(sa), ...policiesFor(ctx, sa).map(({ name }) => name)])];
}

/** Whether an IKE SA of our own doing is on its way. */
export function isConnecting(ctx: ContextV1, tunnel: string): boolean {
  return ctx.ikeSasOf(tunnel).some(isOnItsWay);
}

function isOnItsWay({ role, establishedAt }: IkeSaV1): boolean {
  return role === 'initiator' && establishedAt === undefined;
}

/** Whether each end initiated one of the two before the other one was established. */
export function didCross(fresh: IkeSaV1, other: IkeSaV1): boolean {
  return fresh.role !== other.role && other.establishedAt !== undefined && fresh.startedAt <= other.establishedAt.mono;
}

/** Looks whether packets of the peer come in, while there is no IKE SA to ask by. */
export function countOrphans(ctx: ContextV1, tunnel: string): void {
  const sas = ctx.childrenOf(tunnel).map(inboundSa);
  if (sas.length > 0) ctx.requestDataPlane(tunnel, { kind: 'query', sas });
}
