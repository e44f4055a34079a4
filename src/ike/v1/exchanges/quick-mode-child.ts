import { readU32 } from '../../../base/bytes.ts';
import { randomFraction } from '../../../base/entropy.ts';
import { invariant } from '../../../base/errors.ts';
import { type Duration, SECOND } from '../../../base/time.ts';
import { attributesFor } from '../../../sa/child-attributes.ts';
import { type ChildSa, type DirectionKeys, lowerNonce, planInbound, type SaLimits } from '../../../sa/child-sa.ts';
import type { DataPlaneReply, DataPlaneStep } from '../../../sa/data-plane.ts';
import { sameSelectors } from '../../../sa/traffic-selector.ts';
import { type Allowance, usageLimits } from '../../../sa/usage-limits.ts';
import { childMode } from '../../common/child-mode.ts';
import { kernelRefused } from '../../common/kernel-refusal.ts';
import type { TunnelPolicy } from '../../common/policy.ts';
import { serve } from '../../common/sharing.ts';
import { sendDeletes, spiBytes } from '../child-end.ts';
import { childInstalled } from '../child-succession.ts';
import type { ContextV1 } from '../context.ts';
import { deriveChildKeys, prfOf } from '../keymat.ts';
import type { IkeSaV1, QuickMode } from '../state.ts';
import type { Lifetimes } from '../transform-attributes.ts';
import { discard, finish, outboundSteps, timerOf } from './quick-mode-end.ts';

/**
 * Makes the Child SA that was agreed part of the tunnel, `installing` until packets can go out. Its inbound half comes
 * first, its outbound half when the peer can receive.
 */
export function createChild(
  ctx: ContextV1,
  sa: IkeSaV1,
  quickMode: QuickMode,
  policy: TunnelPolicy,
  sharedSecret: Uint8Array | undefined,
): { readonly child: ChildSa; readonly inbound: readonly DataPlaneStep[] } {
  const { agreed, reserved, nonceI, nonceR, role } = quickMode;
  invariant(
    agreed !== undefined && reserved !== undefined && sa.keys && sa.suite,
    'a Child SA is agreed before it is made',
  );
  const { suite, local, remote, peerSpi } = agreed;
  quickMode.lifetime = childLifetime(policy, agreed.lifetimes);
  const reqid = ctx.reqidFor(policy, [local], [remote]);
  const child: ChildSa = {
    id: ctx.newChildId(policy.name),
    tunnel: policy.name,
    ikeSa: sa.id,
    role,
    lowerNonce: lowerNonce(nonceI, nonceR),
    begunAt: quickMode.begunAt,
    lifetime: quickMode.lifetime,
    state: 'installing',
    protocol: policy.childProtocol,
    mode: childMode(policy),
    suite,
    reqid,
    inboundSpi: reserved.spi,
    outboundSpi: readU32(peerSpi),
    localSelectors: [local],
    remoteSelectors: [remote],
    local: sa.local,
    remote: sa.remote,
    encap: (agreed.offer.encapsulation?.udp ?? 'none') !== 'none',
    routes: policy.routes,
    ...(policy.attributes === undefined ? {} : { attributes: attributesFor(policy.attributes, reqid) }),
    installedAt: undefined,
    sends: false,
    rekeyAt: undefined,
    packetsSeen: 0,
  };
  const [spiI, spiR] =
    role === 'initiator' ? [spiBytes(child.inboundSpi), peerSpi] : [peerSpi, spiBytes(child.inboundSpi)];
  const keys = deriveChildKeys({
    suite,
    prf: prfOf(sa.suite),
    skeyidD: sa.keys.skeyidD,
    nonceI,
    nonceR,
    spiI,
    spiR,
    ...(sharedSecret === undefined ? {} : { sharedSecret }),
  });
  const ours: { inbound: DirectionKeys; outbound: DirectionKeys } =
    role === 'initiator'
      ? { outbound: keys.initiator, inbound: keys.responder }
      : { outbound: keys.responder, inbound: keys.initiator };
  const limits: SaLimits = {
    hardLifetime: quickMode.lifetime,
    ...usageLimits(usageOf(policy, agreed.lifetimes), suite, () => randomFraction(ctx.entropy)),
  };
  quickMode.child = child.id;
  quickMode.outbound = { keys: ours.outbound, limits };
  serve(sa, policy.name);
  ctx.touch(sa);
  ctx.addChild(child);
  return { child, inbound: planInbound(child, ours.inbound, limits) };
}

/** Undefined where there is none yet, or where the peer has deleted it. */
export function childOf(ctx: ContextV1, quickMode: QuickMode): ChildSa | undefined {
  return ctx.childrenOf(quickMode.plan.tunnel).find(({ id }) => id === quickMode.child);
}

/** The peer can receive: packets may go out through the new Child SA, unless it has deleted it meanwhile. */
export function installOutbound(ctx: ContextV1, sa: IkeSaV1, quickMode: QuickMode): void {
  const child = childOf(ctx, quickMode);
  if (child === undefined) return finish(ctx, sa, quickMode);
  // As responder we know now that the initiator has our answer.
  child.agreedAt ??= ctx.now.mono;
  quickMode.phase = 'installing';
  ctx.clearTimer(sa.id, timerOf(quickMode));
  const request = ctx.requestDataPlane(sa.id, { kind: 'apply', steps: outboundSteps(quickMode, child) });
  quickMode.pending = { request, step: 'outbound-installed' };
}

export function onOutboundInstalled(ctx: ContextV1, sa: IkeSaV1, quickMode: QuickMode, reply: DataPlaneReply): void {
  const child = childOf(ctx, quickMode);
  // The peer may have deleted it meanwhile.
  if (child === undefined) return finish(ctx, sa, quickMode);
  if (reply.kind !== 'done') {
    child.sends = false;
    const reason = kernelRefused(ctx, child.tunnel, reply);
    sendDeletes(ctx, sa, [child]);
    discard(ctx, sa, quickMode);
    return ctx.emit({ type: 'child.failed', tunnel: child.tunnel, ikeSa: sa.id, reason });
  }
  finish(ctx, sa, quickMode);
  childInstalled(ctx, child, quickMode.lifetime);
  if (quickMode.role === 'responder') giveWay(ctx, child);
}

/**
 * The peer was faster: what we have begun for the same selectors, and what it has not answered so far, is given up. So
 * it is only where each end has answered the other that both Child SAs come up.
 */
function giveWay(ctx: ContextV1, child: ChildSa): void {
  for (const sa of ctx.ikeSasOf(child.tunnel)) {
    for (const quickMode of [...sa.quickModes.values()]) {
      const { role, phase, plan } = quickMode;
      const unanswered = role === 'initiator' && (phase === 'preparing' || phase === 'qm1-sent');
      const same =
        sameSelectors([plan.local], child.localSelectors) && sameSelectors([plan.remote], child.remoteSelectors);
      if (unanswered && same) discard(ctx, sa, quickMode);
    }
  }
}

/**
 * As initiator, after the third message. The first Child SA of its selectors may send at once. A successor waits: the
 * responder may install only when it gets the third message, and packets that are there before are lost, while those
 * that still go through the old SA are not.
 */
export function sendWhenReady(ctx: ContextV1, sa: IkeSaV1, quickMode: QuickMode): void {
  if (!hasPredecessor(ctx, quickMode)) return installOutbound(ctx, sa, quickMode);
  quickMode.phase = 'switching';
  armSwitch(ctx, sa, quickMode);
}

export function armSwitch(ctx: ContextV1, sa: IkeSaV1, quickMode: QuickMode): void {
  ctx.setTimer(sa.id, timerOf(quickMode), ctx.now.mono + Math.min(SWITCH_DELAY, quickMode.lifetime / 10));
}

/** A Child SA is gone: what was to take its place need not wait any more. */
export function hastenSwitch(ctx: ContextV1, tunnel: string): void {
  for (const sa of ctx.ikeSasOf(tunnel))
    for (const quickMode of sa.quickModes.values())
      if (quickMode.phase === 'switching' && !hasPredecessor(ctx, quickMode)) installOutbound(ctx, sa, quickMode);
}

function hasPredecessor(ctx: ContextV1, quickMode: QuickMode): boolean {
  const all = ctx.childrenOf(quickMode.plan.tunnel);
  const child = all.find(({ id }) => id === quickMode.child);
  return all.some(
    (other) =>
      other !== child &&
      other.sends &&
      sameSelectors(other.localSelectors, child?.localSelectors ?? []) &&
      sameSelectors(other.remoteSelectors, child?.remoteSelectors ?? []),
  );
}

export function onSwitchTimer(ctx: ContextV1, sa: IkeSaV1, quickMode: QuickMode): void {
  installOutbound(ctx, sa, quickMode);
}

/** What both ends accept: the lower of the two. A peer that wants to live for less would have us busy with nothing else. */
export function childLifetime(policy: TunnelPolicy, { lifetime }: Lifetimes): Duration {
  return Math.min(policy.childLifetime, Math.max(lifetime ?? policy.childLifetime, MIN_LIFETIME));
}

const MIN_LIFETIME: Duration = 10 * SECOND;

/**
 * A responder that has not seen the third message repeats its second one after about 4 s, and gets the third again;
 * then the time begins anew.
 */
const SWITCH_DELAY: Duration = 6 * SECOND;

/** RFC 2407 §4.5: kilobytes as well; the lower of what both ends want. */
function usageOf(policy: TunnelPolicy, { kilobytes }: Lifetimes): Allowance {
  const agreed = kilobytes === undefined ? Number.POSITIVE_INFINITY : Math.max(kilobytes, MIN_KILOBYTES) * 1024;
  const bytes = Math.min(policy.childUsage?.bytes ?? Number.POSITIVE_INFINITY, agreed);
  return { ...policy.childUsage, ...(Number.isFinite(bytes) ? { bytes } : {}) };
}

const MIN_KILOBYTES = 1024;
