import type { IpAddress } from '../../base/net.ts';
import type { ChildSa, Segments } from '../../sa/child-sa.ts';
import type { DataPlaneEvent, DataPlaneReply } from '../../sa/data-plane.ts';
import type { Renewed } from '../common/input.ts';
import { kernelRefused } from '../common/kernel-refusal.ts';
import { moveChildren } from '../common/move-children.ts';
import { holds, type OwnAddresses } from '../common/own-addresses.ts';
import type { TunnelPolicy } from '../common/policy.ts';
import type { Reason } from '../common/reason.ts';
import { ADDRESS_GONE } from '../common/refusals.ts';
import { isEmpty, remainingSegments } from '../common/remaining-segments.ts';
import { tunnelsOf } from '../common/sharing.ts';
import type { EffectAnswer } from '../common/work.ts';
import { rekeyTimer, removeChild, sendDeletes } from './child-end.ts';
import { childInstalled, onDrainCounted, onDrainTimer, replaceableAt, reviveSuperseded } from './child-succession.ts';
import { abandon, closeIkeSa } from './close.ts';
import type { ContextV1 } from './context.ts';
import { countPackets, UNRESPONSIVE } from './dpd.ts';
import { startPhase1 } from './exchanges/phase1-initiator.ts';
import { hastenSwitch } from './exchanges/quick-mode-child.ts';
import { planQuickModes } from './exchanges/quick-mode-initiator.ts';
import { connectingIkeSa, countOrphans, currentIkeSa, isConnecting, likeOf, share, usableIkeSa } from './ike-sas.ts';
import { leaveToOthers } from './leaving.ts';
import { missingPairs, samePair } from './pairs.ts';
import { followPeer, gatherChildren } from './peer-path.ts';
import { onRekeyTimer, replaceOlder } from './replacement.ts';
import type { IkeSaV1 } from './state.ts';

/**
 * The tunnel asks for what it lacks: Child SAs for its segment pairs, and an IKE SA to make them with. `resolved` is
 * the address of a peer that is given by name.
 */
export function connectTunnel(ctx: ContextV1, policy: TunnelPolicy, resolved: IpAddress | undefined): void {
  const current = usableIkeSa(ctx, policy);
  if (current !== undefined) return planQuickModes(ctx, current, policy.name, missingPairs(ctx, policy));
  const connecting = connectingIkeSa(ctx, policy);
  if (connecting !== undefined) {
    if (connecting.tunnel === policy.name) connecting.connects = true;
    else share(ctx, connecting, policy.name);
    return;
  }
  startPhase1(ctx, policy, { connects: true, ...(resolved === undefined ? {} : { resolved }) });
}

/** An IKE SA has just been established: it takes the place of older ones, and makes what the tunnel lacks. */
export function onEstablished(ctx: ContextV1, sa: IkeSaV1): void {
  replaceOlder(ctx, sa);
  const current = currentIkeSa(ctx, sa.tunnel);
  const policy = ctx.policies.get(sa.tunnel);
  if (current === undefined || policy === undefined) return;
  const asking = current.connects ? tunnelsOf(current) : [];
  current.connects = false;
  adopt(ctx, current, policy);
  gatherChildren(ctx, current);
  const isDue = ({ rekeyAt }: ChildSa) => rekeyAt !== undefined && rekeyAt.mono <= ctx.now.mono;
  for (const tunnel of tunnelsOf(current)) {
    const asked = asking.includes(tunnel) ? ctx.policies.get(tunnel) : undefined;
    planQuickModes(ctx, current, tunnel, asked === undefined ? [] : missingPairs(ctx, asked));
    for (const child of ctx.ownChildrenOf(tunnel).filter(isDue)) replaceChild(ctx, child);
  }
}

/** Child SAs of other tunnels of the peer, whose IKE SA is gone, have this one from now on. */
function adopt(ctx: ContextV1, sa: IkeSaV1, policy: TunnelPolicy): void {
  for (const { name } of likeOf(ctx, policy))
    if (ctx.ownChildrenOf(name).length > 0 && currentIkeSa(ctx, name) === undefined) share(ctx, sa, name);
}

/** Makes successors now, as if the end of their lifetimes were near. */
export function renewTunnel(ctx: ContextV1, tunnel: string, what: Renewed): void {
  const sa = currentIkeSa(ctx, tunnel);
  if (what === 'child') for (const child of ctx.ownChildrenOf(tunnel)) replaceChild(ctx, child);
  else if (sa === undefined) restorePhase1(ctx, tunnel);
  else onRekeyTimer(ctx, sa);
}

/** The tunnel has fewer pairs of segments than before: the Child SAs of the others are deleted. */
export function pruneTunnel(ctx: ContextV1, policy: TunnelPolicy, reason: Reason): void {
  const remains = (child: Segments) => !isEmpty(remainingSegments(child, policy));
  for (const sa of ctx.ikeSasOf(policy.name))
    sa.waiting = sa.waiting.filter(
      ({ tunnel, local, remote }) =>
        tunnel !== policy.name || remains({ localSelectors: [local], remoteSelectors: [remote] }),
    );
  // One that is being made is its Quick Mode's affair.
  const gone = ctx.ownChildrenOf(policy.name).filter((child) => child.state !== 'installing' && !remains(child));
  const sa = currentIkeSa(ctx, policy.name);
  if (sa !== undefined) sendDeletes(ctx, sa, gone);
  for (const child of gone) removeChild(ctx, child, reason);
}

/** Deletes all SAs of the tunnel, at the peer too. */
export function terminateTunnel(ctx: ContextV1, tunnel: string, reason: Reason): void {
  const sa = currentIkeSa(ctx, tunnel);
  const children = ctx.ownChildrenOf(tunnel);
  if (sa !== undefined) sendDeletes(ctx, sa, children);
  for (const child of children) removeChild(ctx, child, reason);
  for (const one of ctx.ikeSasOf(tunnel)) if (!leaveToOthers(ctx, one, tunnel)) closeIkeSa(ctx, one, reason);
  for (const name of ['phase1', 'drain']) ctx.clearTimer(tunnel, name);
}

/** IKEv1 cannot move: where an address that the tunnel uses is gone it starts over, and says goodbye from another one. */
export function onOwnAddresses(ctx: ContextV1, tunnel: string, own: OwnAddresses): void {
  const users = [...ctx.ikeSasOf(tunnel), ...ctx.ownChildrenOf(tunnel)];
  if (users.every(({ local }) => holds(own, local.address))) return;
  for (const sa of ctx.ikeSasOf(tunnel)) sa.local = { address: own.address, port: sa.local.port };
  terminateTunnel(ctx, tunnel, ADDRESS_GONE);
}

/** The same without a word to anyone, where something of ours has failed. */
export function dropTunnel(ctx: ContextV1, tunnel: string, reason: Reason): void {
  for (const child of ctx.ownChildrenOf(tunnel)) removeChild(ctx, child, reason);
  for (const one of ctx.ikeSasOf(tunnel)) if (!leaveToOthers(ctx, one, tunnel)) abandon(ctx, one, reason);
}

export function onTunnelTimer(ctx: ContextV1, tunnel: string, name: string): void {
  if (name === 'drain') return onDrainTimer(ctx, tunnel);
  if (name === 'phase1') return restorePhase1(ctx, tunnel);
  const child = ctx.childrenOf(tunnel).find(({ id }) => name === rekeyTimer(id));
  if (child !== undefined) replaceChild(ctx, child);
}

export function onTunnelAnswer(ctx: ContextV1, tunnel: string, request: number, answer: EffectAnswer): void {
  if (answer.kind !== 'dataplane') return;
  const { reply } = answer;
  const completed = ctx.childrenOf(tunnel).find(({ completion }) => completion?.request === request);
  if (completed !== undefined) return onCompleted(ctx, completed, reply);
  // The Child SA is gone already.
  if (reply.kind !== 'counters') return;
  if (currentIkeSa(ctx, tunnel) === undefined) onOrphansCounted(ctx, tunnel, reply);
  else onDrainCounted(ctx, tunnel, reply);
}

/** The data plane says something about a Child SA. */
export function onChildEvent(
  ctx: ContextV1,
  child: ChildSa,
  event: Extract<DataPlaneEvent, { readonly kind: 'mapping' | 'expire' }>,
): void {
  const sa = currentIkeSa(ctx, child.tunnel);
  if (event.kind === 'expire') return event.hard ? onExpired(ctx, child) : replaceChild(ctx, child);
  // Without an IKE SA nobody will tell where the peer is; its packets do, and they are authentic.
  const path = { local: child.local, remote: event.from };
  if (sa === undefined) moveChildren(ctx, ctx.childrenOf(child.tunnel), path);
  else followPeer(ctx, sa, { local: sa.local, remote: event.from });
}

function restorePhase1(ctx: ContextV1, tunnel: string): void {
  const policy = ctx.policies.get(tunnel);
  const [child] = ctx.childrenOf(tunnel);
  if (policy === undefined || child === undefined || usableIkeSa(ctx, policy) !== undefined) return;
  ctx.setTimer(tunnel, 'phase1', ctx.now.mono + policy.retry.interval);
  if (connectingIkeSa(ctx, policy) !== undefined || policy.remote.address.kind === 'any') return;
  countOrphans(ctx, tunnel);
  startPhase1(ctx, policy, { connects: false, from: pathOf(child) });
}

/** Without an IKE SA there is no DPD: a peer that takes up no new one and sends nothing is gone. */
function onOrphansCounted(ctx: ContextV1, tunnel: string, reply: DataPlaneReply): void {
  const policy = ctx.policies.get(tunnel);
  const alive = countPackets(ctx, [tunnel], reply);
  if (alive || policy === undefined || policy.dpd.delay <= 0 || isConnecting(ctx, tunnel)) return;
  for (const child of ctx.ownChildrenOf(tunnel)) removeChild(ctx, child, UNRESPONSIVE);
}

/** The outbound half of a Child SA whose IKE SA has ended. */
function onCompleted(ctx: ContextV1, child: ChildSa, reply: DataPlaneReply): void {
  const { completion } = child;
  child.completion = undefined;
  if (reply.kind === 'done') return childInstalled(ctx, child, completion?.lifetime ?? 0);
  const reason = kernelRefused(ctx, child.tunnel, reply);
  const sa = currentIkeSa(ctx, child.tunnel);
  if (sa !== undefined) sendDeletes(ctx, sa, [child]);
  removeChild(ctx, child, reason);
  ctx.emit({ type: 'child.failed', tunnel: child.tunnel, ikeSa: child.ikeSa, reason });
}

/** Its lifetime is near its end: a successor with the same selectors comes up while it still carries the traffic. */
export function replaceChild(ctx: ContextV1, child: ChildSa): void {
  const policy = ctx.policies.get(child.tunnel);
  const [local] = child.localSelectors;
  const [remote] = child.remoteSelectors;
  if (child.state !== 'installed' || policy === undefined || local === undefined || remote === undefined) return;
  // Once more where that comes to nothing.
  const again = Math.max(ctx.now.mono + policy.retry.interval, replaceableAt(child));
  ctx.setTimer(child.tunnel, rekeyTimer(child.id), again);
  if (ctx.now.mono < replaceableAt(child)) return;
  const sa = currentIkeSa(ctx, child.tunnel);
  if (sa === undefined) return restorePhase1(ctx, child.tunnel);
  planQuickModes(ctx, sa, child.tunnel, [{ local, remote, replaces: child.id }]);
}

/** The data plane has dropped it at the end of its lifetime: the peer is told, the rest follows. */
function onExpired(ctx: ContextV1, child: ChildSa): void {
  const sa = currentIkeSa(ctx, child.tunnel);
  if (sa !== undefined) sendDeletes(ctx, sa, [child]);
  removeChild(ctx, child, { code: 'expired', text: 'the lifetime of the Child SA has ended' });
  reviveSuperseded(ctx, child);
  hastenSwitch(ctx, child.tunnel);
  if (sa !== undefined && child.state === 'installed') replaceExpired(ctx, sa, child);
}

/** Nobody has wanted it to end, so that another follows, whoever has made it; unless the operator wants none. */
function replaceExpired(ctx: ContextV1, sa: IkeSaV1, { tunnel, localSelectors, remoteSelectors }: ChildSa): void {
  const policy = ctx.policies.get(tunnel);
  const [local] = localSelectors;
  const [remote] = remoteSelectors;
  if (policy === undefined || local === undefined || remote === undefined) return;
  if (policy.childRekey === 'never') return;
  planQuickModes(
    ctx,
    sa,
    tunnel,
    missingPairs(ctx, policy).filter((pair) => samePair(pair, { local, remote })),
  );
}

function pathOf(child: ChildSa) {
  return { local: child.local, remote: child.remote, nat: { local: child.encap, remote: child.encap } };
}
