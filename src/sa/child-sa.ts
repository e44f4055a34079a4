import { compareBytes } from '../base/bytes.ts';
import type { Endpoint } from '../base/net.ts';
import type { Duration, Instant, Moment } from '../base/time.ts';
import type { Writable } from '../base/writable.ts';
import { type ChildAttributes, policyAttributes } from './child-attributes.ts';
import type {
  DataPlaneStep,
  PolicyDirection,
  PolicySpec,
  RouteSpec,
  SaAddresses,
  SaDirection,
  SaKey,
  SaSpec,
  UsageLimits,
} from './data-plane.ts';
import { policyKey, routeKey } from './ledger.ts';
import type { ChildProtocol, CipherSuite } from './proposal.ts';
import { type RouteChoice, routesTo } from './routes.ts';
import { type SelectorPair, selectorPairs } from './selector-pairs.ts';
import type { TrafficSelector } from './traffic-selector.ts';

/** A Child SA, the same for both IKE versions: what is installed, not how it was negotiated. Plain data. */
export type ChildSa = {
  readonly id: string;
  /** Whose it is, whatever becomes of the IKE SA that made it. */
  tunnel: string;
  /** The IKE SA that made it, or in IKEv2 the one that has inherited it: they end together (RFC 7296 §1.4.1). */
  ikeSa: number;
  /** Who began the exchange that made it. */
  readonly role: 'initiator' | 'responder';
  /** When that exchange began here: with its first message, sent or received. */
  readonly begunAt: Instant;
  /** The lower of the two nonces of that exchange: where two ends replace at once, it decides (RFC 7296 §2.8.1). */
  readonly lowerNonce: Uint8Array;
  /** When both ends had agreed, as far as we know. */
  agreedAt?: Instant;
  /** From its installation to its end. */
  readonly lifetime: Duration;
  /**
   * `installing` until packets can go out; `rekeying` while a successor is made, `rekeyed` when that has taken over;
   * `deleting` when the peer no longer has it and only its inbound SA stays for what is under way.
   */
  state: 'installing' | 'installed' | 'rekeying' | 'rekeyed' | 'deleting';
  readonly protocol: ChildProtocol;
  readonly mode: 'tunnel' | 'transport';
  /** The peer has asked for transport mode, and is to put up with tunnel mode or to end it. */
  readonly declined?: true;
  readonly suite: CipherSuite;
  readonly reqid: number;
  readonly inboundSpi: number;
  readonly outboundSpi: number;
  /** What was agreed on, without what the configuration has taken out since. */
  localSelectors: readonly TrafficSelector[];
  remoteSelectors: readonly TrafficSelector[];
  /** The outer endpoints as installed; they follow the IKE SA's. */
  local: Endpoint;
  remote: Endpoint;
  /** Whether in UDP; it begins or ends where a NAT appears or disappears (RFC 4555 §3.5). */
  encap: boolean;
  readonly routes: RouteChoice;
  /** Of its SAs and policies beyond what they protect; absent where nothing is said. */
  readonly attributes?: ChildAttributes;
  installedAt: Moment | undefined;
  /** Whether its outbound SA is in the data plane, or has been asked for. */
  sends: boolean;
  /** Where its IKE SA has ended before that was done: the request that completes it, and how long it then lives. */
  completion?: { readonly request: number; readonly lifetime: Duration } | undefined;
  /** When a successor is due; absent where its end is its IKE SA's affair. */
  rekeyAt: Moment | undefined;
  /** The inbound packet count when liveness last looked; more since then is proof of life. */
  packetsSeen: number;
};

/** Keys of one direction, as KEYMAT yields them. */
export type DirectionKeys = { readonly encryptionKey: Uint8Array; readonly integrityKey: Uint8Array };

/**
 * Packets. RFC 4303 §3.4.3 asks for at least 32 and prefers 64; fast links reorder more than that.
 */
const REPLAY_WINDOW = 128;

/** A peer that splits a segment into pieces multiplies our policies: more pairs than this must be configured so. */
export const MAX_SELECTOR_PAIRS = 1024;

/** How long an SA may be used: a time from its installation, and bytes and packets where they count. */
export type SaLimits = {
  readonly hardLifetime: Duration;
  readonly bytes?: UsageLimits;
  readonly packets?: UsageLimits;
};

/**
 * The steps that bring a Child SA to life. The inbound half is first, so that nothing the peer sends is lost; the
 * outbound SA precedes its policy, so that the first packet finds it.
 */
export function planInstall(
  child: ChildSa,
  keys: { readonly inbound: DirectionKeys; readonly outbound: DirectionKeys },
  limits: SaLimits,
): DataPlaneStep[] {
  return [...planInbound(child, keys.inbound, limits), ...planOutbound(child, keys.outbound, limits)];
}

/** What lets packets in: it may stand before the peer has confirmed anything. */
export function planInbound(child: ChildSa, keys: DirectionKeys, limits: SaLimits): DataPlaneStep[] {
  const steps: DataPlaneStep[] = [{ kind: 'add-sa', sa: saSpec(child, 'in', keys, limits) }];
  for (const policy of policies(child, INBOUND_DIRECTIONS)) steps.push({ kind: 'add-policy', owner: child.id, policy });
  return steps;
}

/** What lets packets out: only once the peer can receive them. */
export function planOutbound(child: ChildSa, keys: DirectionKeys, limits: SaLimits): DataPlaneStep[] {
  const owner = child.id;
  const steps: DataPlaneStep[] = [{ kind: 'add-sa', sa: saSpec(child, 'out', keys, limits) }];
  for (const policy of policies(child, OUTBOUND_DIRECTIONS)) steps.push({ kind: 'add-policy', owner, policy });
  for (const route of routes(child)) steps.push({ kind: 'add-route', owner, route });
  return steps;
}

/**
 * The reverse: routes and policies go before the SAs that they point to. The peer chooses the SPI of the outbound SA:
 * until ours is there, it may be that of another one, which is not ours to remove.
 */
export function planRemove(child: ChildSa): DataPlaneStep[] {
  const owner = child.id;
  const steps: DataPlaneStep[] = [];
  for (const route of routes(child)) steps.push({ kind: 'remove-route', owner, route });
  for (const policy of policies(child, DIRECTIONS)) steps.push({ kind: 'remove-policy', owner, policy });
  if (child.sends) steps.push({ kind: 'remove-sa', sa: outboundSa(child) });
  steps.push({ kind: 'remove-sa', sa: inboundSa(child) });
  return steps;
}

export type Segments = {
  readonly localSelectors: readonly TrafficSelector[];
  readonly remoteSelectors: readonly TrafficSelector[];
};

/**
 * Takes segments out of a Child SA that goes on with the others: what it no longer is for finds no policy, in either
 * direction. `child` is as it was before; the caller stores what is kept with the request.
 */
export function planShrink(child: ChildSa, kept: Segments): DataPlaneStep[] {
  const shrunk: ChildSa = { ...child, ...kept };
  const stays = new Set(policies(shrunk, DIRECTIONS).map(policyKey));
  const ways = routes(shrunk);
  const open = new Set(ways.map(routeKey));
  const owner = child.id;
  return [
    ...routes(child)
      .filter((route) => !open.has(routeKey(route)))
      .map((route): DataPlaneStep => ({ kind: 'remove-route', owner, route })),
    ...(child.sends ? ways.map((route): DataPlaneStep => ({ kind: 'add-route', owner, route })) : []),
    ...policies(child, DIRECTIONS)
      .filter((policy) => !stays.has(policyKey(policy)))
      .map((policy): DataPlaneStep => ({ kind: 'remove-policy', owner, policy })),
  ];
}

/** Where a Child SA is to lead: its outer endpoints, and whether in UDP; as before where nothing is said of that. */
export type ChildPath = { readonly local: Endpoint; readonly remote: Endpoint; readonly encap?: boolean };

/**
 * Moves the outer endpoints, into UDP or out of it where need be: SAs in place, policies and routes by adding them anew
 * under the same owner, which replaces them. `child` is as it was before; the caller stores the path with the request.
 */
export function planMove(child: ChildSa, path: ChildPath): DataPlaneStep[] {
  const moved: ChildSa = { ...child, local: path.local, remote: path.remote, encap: path.encap ?? child.encap };
  const inboundOnly = child.state === 'installing' && !child.sends;
  const outbound: DataPlaneStep = { kind: 'move-sa', sa: outboundSa(child), to: saAddresses(moved, 'out') };
  return [
    { kind: 'move-sa', sa: inboundSa(child), to: saAddresses(moved, 'in') },
    // All or nothing: what is not there yet cannot be moved.
    ...(child.sends ? [outbound] : []),
    ...(isElsewhere(child, moved) ? follow(child, moved, inboundOnly) : []),
  ];
}

function isElsewhere(before: ChildSa, after: ChildSa): boolean {
  return before.local.address !== after.local.address || before.remote.address !== after.remote.address;
}

function follow(before: ChildSa, after: ChildSa, inboundOnly: boolean): DataPlaneStep[] {
  const owner = before.id;
  const directions = inboundOnly ? INBOUND_DIRECTIONS : DIRECTIONS;
  // Routes are told apart by the peer's address: one by way of the old address is another one, and has to go.
  const outdated = before.remote.address === after.remote.address ? [] : routes(before);
  const ways: DataPlaneStep[] = [
    ...routes(after).map((route): DataPlaneStep => ({ kind: 'add-route', owner, route })),
    ...outdated.map((route): DataPlaneStep => ({ kind: 'remove-route', owner, route })),
  ];
  return [
    ...policies(after, directions).map((policy): DataPlaneStep => ({ kind: 'add-policy', owner, policy })),
    ...(inboundOnly ? [] : ways),
  ];
}

/** What `ChildSa.lowerNonce` holds. */
export function lowerNonce(nonceI: Uint8Array, nonceR: Uint8Array): Uint8Array {
  return compareBytes(nonceI, nonceR) <= 0 ? nonceI : nonceR;
}

export function inboundSa(child: ChildSa): SaKey {
  return { protocol: child.protocol, destination: child.local.address, spi: child.inboundSpi };
}

export function outboundSa(child: ChildSa): SaKey {
  return { protocol: child.protocol, destination: child.remote.address, spi: child.outboundSpi };
}

function saSpec(child: ChildSa, direction: SaDirection, keys: DirectionKeys, limits: SaLimits): SaSpec {
  const { suite, attributes } = child;
  const { source, destination, encap } = saAddresses(child, direction);
  const inbound = direction === 'in';
  const spec: Writable<SaSpec> = {
    source,
    destination,
    direction,
    protocol: child.protocol,
    spi: inbound ? child.inboundSpi : child.outboundSpi,
    reqid: child.reqid,
    mode: child.mode,
    esn: suite.esn === true,
    replayWindow: inbound ? (attributes?.replayWindow ?? REPLAY_WINDOW) : 0,
    hardLifetime: limits.hardLifetime,
  };
  if (encap !== undefined) spec.encap = encap;
  if (suite.encryption !== undefined) {
    spec.encryption = suite.encryption;
    spec.encryptionKey = keys.encryptionKey;
  }
  if (suite.integrity !== undefined) {
    spec.integrity = suite.integrity;
    spec.integrityKey = keys.integrityKey;
  }
  if (limits.bytes !== undefined) spec.bytes = limits.bytes;
  if (limits.packets !== undefined) spec.packets = limits.packets;
  if (attributes !== undefined) addAttributes(spec, attributes);
  return spec;
}

/**
 * The inbound SA has no mark unless that is wanted: destination, protocol and SPI find it, and so packets may be marked
 * after they are opened, when their selectors can be seen.
 */
function addAttributes(spec: Writable<SaSpec>, attributes: ChildAttributes): void {
  const { direction } = spec;
  const { headers, markInSa } = attributes;
  const [number, set] = [attributes.ifId?.[direction], attributes.setMark?.[direction]];
  const mark = direction === 'out' || markInSa ? attributes.mark?.[direction] : undefined;
  if (number !== undefined) spec.ifId = number;
  if (mark !== undefined) spec.mark = mark;
  if (set !== undefined) spec.setMark = set;
  if (headers !== undefined) spec.headers = headers;
}

function saAddresses(child: ChildSa, direction: SaDirection): SaAddresses {
  const [from, to] = direction === 'in' ? [child.remote, child.local] : [child.local, child.remote];
  const addresses = { source: from.address, destination: to.address };
  return child.encap ? { ...addresses, encap: { sourcePort: from.port, destinationPort: to.port } } : addresses;
}

/** RFC 4301 §4.4.1: traffic out, in for ourselves, and (Linux) fwd for those behind us. */
const INBOUND_DIRECTIONS: readonly PolicyDirection[] = ['in', 'fwd'];
const OUTBOUND_DIRECTIONS: readonly PolicyDirection[] = ['out'];
const DIRECTIONS: readonly PolicyDirection[] = [...INBOUND_DIRECTIONS, ...OUTBOUND_DIRECTIONS];

/** Between two hosts nothing is forwarded. */
function directionsOf({ mode }: ChildSa, directions: readonly PolicyDirection[]): readonly PolicyDirection[] {
  return mode === 'transport' ? directions.filter((direction) => direction !== 'fwd') : directions;
}

function policies(child: ChildSa, directions: readonly PolicyDirection[]): PolicySpec[] {
  const { attributes } = child;
  if (attributes?.policies === false) return [];
  const isForwarded = attributes?.forwardOut === true && directions.includes('out');
  const specs: PolicySpec[] = [];
  for (const pair of selectorPairs(child.localSelectors, child.remoteSelectors)) {
    for (const direction of directionsOf(child, directions)) specs.push(protecting(child, direction, pair));
    if (isForwarded) for (const direction of directionsOf(child, ['fwd'])) specs.push(passing(child, direction, pair));
  }
  return specs;
}

function protecting(child: ChildSa, direction: PolicyDirection, { local, remote }: SelectorPair): PolicySpec {
  const { protocol, mode, reqid, attributes } = child;
  const outbound = direction === 'out';
  const [source, destination] = outbound ? [local, remote] : [remote, local];
  const [outerSource, outerDestination] = outbound ? [child.local, child.remote] : [child.remote, child.local];
  const template = { protocol, mode, reqid, source: outerSource.address, destination: outerDestination.address };
  const spec: PolicySpec = { direction, source, destination, action: 'protect', template };
  return attributes === undefined ? spec : { ...spec, ...policyAttributes(attributes, outbound ? 'out' : 'in') };
}

/** What is forwarded into the tunnel, on its way in: it is not protected yet. */
function passing({ attributes }: ChildSa, direction: PolicyDirection, { local, remote }: SelectorPair): PolicySpec {
  const apart = policyAttributes(attributes, 'out');
  return { direction, source: local, destination: remote, action: 'bypass', ...apart };
}

function routes({ mode, routes, remoteSelectors, localSelectors, remote }: ChildSa): RouteSpec[] {
  if (mode === 'transport') return [];
  return routesTo(routes, { remote: remoteSelectors, local: localSelectors, via: remote.address });
}
