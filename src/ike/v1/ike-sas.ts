import { inboundSa } from '../../sa/child-sa.ts';
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

/** Whether an IKE SA of our own doing is on its way. */
export function isConnecting(ctx: ContextV1, tunnel: string): boolean {
  return ctx.ikeSasOf(tunnel).some(({ role, establishedAt }) => role === 'initiator' && establishedAt === undefined);
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
