import type { TunnelPolicy } from '../common/policy.ts';
import { usersOf } from './children.ts';
import type { ContextV2 } from './context.ts';
import { initiateIkeSa } from './exchanges/ike-sa-init-initiator.ts';
import type { IkeSaV2 } from './state.ts';
import { COMPLETION_TIME } from './superfluous.ts';

/**
 * Reauthentication (RFC 7296 §2.8.3), make before break: a new IKE SA with its Child SAs comes up from scratch, and
 * takes the place of this one when it stands. Also the way on where the peer refuses to rekey. It is left to the peer
 * where only the peer can call, or where the operator wants it to. Where several tunnels share the IKE SA, each gets one
 * of its own.
 */
export function renewIkeSa(ctx: ContextV2, sa: IkeSaV2): void {
  for (const tunnel of new Set([sa.tunnel, ...usersOf(ctx, sa)])) renewFor(ctx, sa, tunnel);
}

/** The operator wants it, so that we call the peer even where it has begun the one that stands. */
export function reauthenticate(ctx: ContextV2, sa: IkeSaV2): void {
  if (sa.phase !== 'established') return;
  for (const tunnel of new Set([sa.tunnel, ...usersOf(ctx, sa)])) {
    const policy = ctx.policies.get(tunnel);
    if (policy !== undefined && policy.remote.address.kind !== 'any') startAnew(ctx, sa, policy);
  }
}

/** The same for one of its tunnels alone. */
export function renewFor(ctx: ContextV2, sa: IkeSaV2, tunnel: string): void {
  const policy = ctx.policies.get(tunnel);
  if (policy !== undefined && isOursToRenew(sa, policy)) startAnew(ctx, sa, policy);
}

/** Else it lasts until its lifetime ends, unless the peer renews it: `start: respond` promises that we call nobody. */
export function isOursToRenew({ role }: IkeSaV2, { remote, start }: TunnelPolicy): boolean {
  return remote.address.kind !== 'any' && (role === 'initiator' || start !== 'respond');
}

function startAnew(ctx: ContextV2, sa: IkeSaV2, policy: TunnelPolicy): void {
  const { name } = policy;
  if (ctx.ikeSasV2Of(name).some((other) => isUnderWay(ctx, other, name))) return;
  const fresh = initiateIkeSa(ctx, ctx.newIkeSaId(), policy, {
    resolved: sa.remote.address,
    packet: undefined,
  });
  if (fresh !== undefined) ctx.adopt(fresh);
}

/**
 * One of ours that is coming up, or still makes its first Child SAs. With a second one beside it the peer could not tell
 * which of the two we send through when we delete the old one.
 */
function isUnderWay(
  ctx: ContextV2,
  { role, establishedAt, creation, tasks, postponed }: IkeSaV2,
  tunnel: string,
): boolean {
  if (role !== 'initiator' || establishedAt === undefined) return role === 'initiator';
  if (ctx.now.mono >= establishedAt.mono + COMPLETION_TIME) return false;
  return [creation?.task, ...tasks, ...postponed].some(
    (task) => task?.kind === 'create-child' && task.tunnel === tunnel && task.replaces === undefined,
  );
}
