import { randomFraction } from '../../base/entropy.ts';
import { invariant } from '../../base/errors.ts';
import type { Instant } from '../../base/time.ts';
import { attributesFor } from '../../sa/child-attributes.ts';
import { type ChildSa, type DirectionKeys, lowerNonce, type SaLimits } from '../../sa/child-sa.ts';
import type { SaKey } from '../../sa/data-plane.ts';
import { rekeyAfter } from '../../sa/lifetime.ts';
import { usageLimits } from '../../sa/usage-limits.ts';
import { childTimer } from '../common/child-timers.ts';
import type { Context } from '../common/context.ts';
import { watchInactivity } from '../common/inactivity-timer.ts';
import type { TunnelPolicy } from '../common/policy.ts';
import { serve } from '../common/sharing.ts';
import { childrenOf } from './children.ts';
import type { ChildNegotiation } from './creation.ts';
import { type ChildKeys, deriveChildKeys, prfOf } from './keymat.ts';
import { isUnproven } from './mobike/routability.ts';
import type { IkeSaV2 } from './state.ts';

/** The nonces of the exchange that makes a Child SA, by its initiator and responder. */
export type Nonces = { readonly nonceI: Uint8Array; readonly nonceR: Uint8Array };

/** The request for an inbound SPI. */
export function allocateSpi(ctx: Context, sa: IkeSaV2, policy: TunnelPolicy): number {
  return ctx.requestDataPlane(sa.id, {
    kind: 'allocate-spi',
    protocol: policy.childProtocol,
    local: sa.local.address,
    remote: sa.remote.address,
    reqid: ctx.reqidFor(policy, policy.local.selectors, policy.remote.selectors),
  });
}

/** What the data plane has reserved: an inbound SA without keys, until a Child SA takes it over. */
export function reservedSpi(sa: IkeSaV2, policy: TunnelPolicy, spi: number): SaKey {
  return { protocol: policy.childProtocol, destination: sa.local.address, spi };
}

/** A Child SA with what it takes to install it. */
export type MadeChild = {
  readonly child: ChildSa;
  readonly keys: { readonly inbound: DirectionKeys; readonly outbound: DirectionKeys };
  readonly limits: SaLimits;
};

/**
 * Makes the Child SA that was agreed part of the IKE SA, `installing` until the data plane has confirmed it; the caller
 * asks for that. `asInitiator` says who initiated the exchange: its packets take the first keys (RFC 7296 §2.17).
 */
export function createChild(
  ctx: Context,
  sa: IkeSaV2,
  options: {
    readonly policy: TunnelPolicy;
    readonly negotiation: ChildNegotiation;
    readonly inboundSpi: number;
    readonly nonces: Nonces;
    readonly asInitiator: boolean;
    readonly begunAt: Instant;
    /** Of exchanges of its own (PFS): that of CREATE_CHILD_SA, then the additional ones. */
    readonly secrets?: readonly Uint8Array[];
  },
): MadeChild {
  const { policy, negotiation, inboundSpi, nonces, asInitiator, begunAt, secrets = [] } = options;
  const { suite, mode, declined, localSelectors, remoteSelectors } = negotiation;
  invariant(sa.keys !== undefined && sa.suite !== undefined, 'a Child SA takes its keys from the IKE SA');
  const reqid = ctx.reqidFor(policy, localSelectors, remoteSelectors);
  const child: ChildSa = {
    id: ctx.newChildId(policy.name),
    tunnel: policy.name,
    ikeSa: sa.id,
    role: asInitiator ? 'initiator' : 'responder',
    begunAt,
    lowerNonce: lowerNonce(nonces.nonceI, nonces.nonceR),
    lifetime: policy.childLifetime,
    state: 'installing',
    protocol: policy.childProtocol,
    mode,
    ...(declined === undefined ? {} : { declined }),
    suite,
    reqid,
    inboundSpi,
    outboundSpi: negotiation.peerSpi,
    localSelectors,
    remoteSelectors,
    local: sa.local,
    ...peerEnd(ctx, sa),
    routes: policy.routes,
    ...(policy.attributes === undefined ? {} : { attributes: attributesFor(policy.attributes, reqid) }),
    installedAt: undefined,
    sends: false,
    rekeyAt: undefined,
    packetsSeen: 0,
  };
  const [sharedSecret, ...additionalSecrets] = secrets;
  const pfs = sharedSecret === undefined ? {} : { sharedSecret, additionalSecrets };
  const keys = deriveChildKeys({ suite, prf: prfOf(sa.suite), skD: sa.keys.skD, ...nonces, ...pfs });
  const limits = {
    hardLifetime: policy.childLifetime,
    ...usageLimits(policy.childUsage ?? {}, suite, () => randomFraction(ctx.entropy)),
  };
  serve(sa, policy.name);
  ctx.addChild(child);
  return { child, keys: byDirection(keys, asInitiator), limits };
}

/** As long as the peer has not shown that it is where the IKE SA leads, a Child SA leads where the others do. */
function peerEnd(ctx: Context, sa: IkeSaV2): Pick<ChildSa, 'remote' | 'encap'> {
  const [sibling] = isUnproven(ctx, sa) ? childrenOf(ctx, sa) : [];
  const { remote, encap } = sibling ?? { remote: sa.remote, encap: sa.nat.local || sa.nat.remote };
  return { remote, encap };
}

/** Packets can go out through it: it begins its life. */
export function childInstalled(ctx: Context, child: ChildSa): void {
  invariant(child.state === 'installing', 'only what is being installed becomes installed');
  child.state = 'installed';
  child.installedAt = ctx.now;
  const chosen = ctx.policies.get(child.tunnel)?.childRekey;
  if (chosen !== 'never') {
    const life = rekeyAfter(child.lifetime, child.role, randomFraction(ctx.entropy), chosen);
    child.rekeyAt = { mono: ctx.now.mono + life, wall: ctx.now.wall + life };
    ctx.setTimer(child.tunnel, childTimer('rekey', child.id), child.rekeyAt.mono);
  }
  watchInactivity(ctx, child.tunnel);
  ctx.emit({ type: 'child.installed', tunnel: child.tunnel, ikeSa: child.ikeSa, child: child.id });
}

/** The data plane refused it and has undone what it had begun: nothing is left to remove. */
export function childRefused(ctx: Context, child: ChildSa): void {
  ctx.dropChild(child);
}

function byDirection(keys: ChildKeys, asInitiator: boolean) {
  return asInitiator
    ? { outbound: keys.initiator, inbound: keys.responder }
    : { outbound: keys.responder, inbound: keys.initiator };
}
