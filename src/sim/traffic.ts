import { equalBytes } from '../base/bytes.ts';
import type { AddressFamily, Endpoint, IpAddress } from '../base/net.ts';
import { addressFamily, addressToInteger, sameEndpoint } from '../base/net.ts';
import type { PolicySpec, SaSpec } from '../sa/data-plane.ts';
import type { TrafficSelector } from '../sa/traffic-selector.ts';
import type { SimKernel } from './kernel.ts';
import type { InstalledSa } from './kernel-tables.ts';
import { endpointsOf, inForce } from './kernel-tables.ts';

/** A clear packet between the segments. */
export type TestPacket = {
  readonly source: IpAddress;
  readonly destination: IpAddress;
  readonly protocol: number;
  readonly bytes: number;
};

/** What became of a packet; only `delivered` went through a tunnel from end to end. */
export type PacketFate =
  | 'delivered'
  /** No policy: it leaves as it is. */
  | 'clear'
  | 'blocked'
  /** A policy but no SA: the kernel asks for one. */
  | 'acquire'
  /** The outer packet found no way. */
  | 'unroutable'
  | 'no-inbound-sa'
  | 'wrong-keys'
  | 'wrong-encapsulation'
  /** RFC 4301 §5.2: what comes out of an SA must match the inbound policy of that SA. */
  | 'no-inbound-policy';

/** The outer path of an ESP or AH packet, at this moment. */
export type OuterPath = (
  from: Endpoint,
  to: Endpoint,
) => { readonly from: Endpoint; readonly to: Endpoint; readonly kernel: SimKernel } | undefined;

/** Sends one packet from behind `kernel` and follows it to the other side's policy check. */
export function transmit(kernel: SimKernel, packet: TestPacket, path: OuterPath): PacketFate {
  const policy = matchPolicy(kernel, 'out', packet);
  if (policy === undefined || policy.action === 'bypass') return 'clear';
  if (policy.action === 'block') return 'blocked';
  const outbound = outboundSa(kernel, policy);
  if (outbound === undefined) {
    kernel.acquire({
      kind: 'acquire',
      reqid: policy.template?.reqid ?? 0,
      source: hostSelector(packet.source, packet.protocol),
      destination: hostSelector(packet.destination, packet.protocol),
    });
    return 'acquire';
  }
  kernel.countPacket(outbound, packet.bytes);
  const { from, to } = endpointsOf(outbound.spec);
  const way = path(from, to);
  // ESP without UDP has no ports, so a NAT device cannot map it.
  if (way === undefined || (outbound.spec.encap === undefined && !sameEndpoint(way.from, from))) return 'unroutable';
  return receive(way.kernel, { sent: outbound.spec, from: way.from, to: way.to, inner: packet });
}

type OuterPacket = {
  readonly sent: SaSpec;
  readonly from: Endpoint;
  readonly to: Endpoint;
  readonly inner: TestPacket;
};

function receive(kernel: SimKernel, packet: OuterPacket): PacketFate {
  const { sent, from, to, inner } = packet;
  const inbound = kernel.tables.find({ protocol: sent.protocol, destination: to.address, spi: sent.spi });
  if (inbound === undefined || inbound.spec.direction !== 'in') return 'no-inbound-sa';
  if (!sameProtection(sent, inbound.spec)) return 'wrong-keys';
  if ((sent.encap === undefined) !== (inbound.spec.encap === undefined)) return 'wrong-encapsulation';
  kernel.countPacket(inbound, inner.bytes);
  const { protocol, destination, spi, encap, source } = inbound.spec;
  if (encap !== undefined && !sameEndpoint(from, { address: source, port: encap.sourcePort }))
    kernel.report({ kind: 'mapping', sa: { protocol, destination, spi }, from });
  const policy = matchPolicy(kernel, sent.mode === 'transport' ? 'in' : 'fwd', inner);
  return policy?.action === 'protect' && policy.template?.reqid === inbound.spec.reqid
    ? 'delivered'
    : 'no-inbound-policy';
}

/** Whether what one side seals is what the other opens. */
export function sameProtection(a: SaSpec, b: SaSpec): boolean {
  return (
    a.protocol === b.protocol &&
    a.spi === b.spi &&
    a.mode === b.mode &&
    a.esn === b.esn &&
    a.encryption === b.encryption &&
    a.integrity === b.integrity &&
    sameKey(a.encryptionKey, b.encryptionKey) &&
    sameKey(a.integrityKey, b.integrityKey)
  );
}

function sameKey(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  return a === undefined || b === undefined ? a === b : equalBytes(a, b);
}

/** The policy with the narrowest selectors; a trap ranks below those that protect, and a blocking one below any other. */
function matchPolicy(
  kernel: SimKernel,
  direction: PolicySpec['direction'],
  { source, destination, protocol }: TestPacket,
): PolicySpec | undefined {
  const [from, to] = [placeOf(source), placeOf(destination)];
  let best: PolicySpec | undefined;
  for (const shared of kernel.tables.policies.values()) {
    const policy = inForce(shared);
    if (policy?.direction !== direction) continue;
    if (!covers(policy.source, from, protocol) || !covers(policy.destination, to, protocol)) continue;
    if (best === undefined || rank(policy) < rank(best)) best = policy;
  }
  return best;
}

function rank(policy: PolicySpec): bigint {
  return (RANK_OF[policy.action] ?? 0n) + width(policy.source) + width(policy.destination);
}

/** More than any width. */
const RANK_OF: { readonly [Action in PolicySpec['action']]?: bigint } = { trap: 2n ** 200n, block: 2n ** 201n };

function hostSelector(address: IpAddress, protocol: number): TrafficSelector {
  return { protocol, startPort: 0, endPort: 65_535, start: address, end: address };
}

function covers(selector: TrafficSelector, { family, value }: Place, protocol: number): boolean {
  if (selector.protocol !== 0 && selector.protocol !== protocol) return false;
  const bounds = boundsOf(selector);
  return bounds.family === family && bounds.start <= value && value <= bounds.end;
}

function width(selector: TrafficSelector): bigint {
  const { start, end } = boundsOf(selector);
  return end - start;
}

type Place = { readonly family: AddressFamily; readonly value: bigint };

function placeOf(address: IpAddress): Place {
  return { family: addressFamily(address), value: addressToInteger(address) };
}

type Bounds = { readonly family: AddressFamily; readonly start: bigint; readonly end: bigint };

/** Every packet is compared with every policy, so that they are not computed each time. */
const BOUNDS = new WeakMap<TrafficSelector, Bounds>();

function boundsOf(selector: TrafficSelector): Bounds {
  const known = BOUNDS.get(selector);
  if (known !== undefined) return known;
  const { family, value: start } = placeOf(selector.start);
  const bounds = { family, start, end: addressToInteger(selector.end) };
  BOUNDS.set(selector, bounds);
  return bounds;
}

/** The newest one that fits the template, as Linux prefers it. */
function outboundSa(kernel: SimKernel, { template }: PolicySpec): InstalledSa | undefined {
  let newest: InstalledSa | undefined;
  for (const sa of kernel.tables.sas.values()) {
    const { spec, addedAt } = sa;
    if (spec.direction !== 'out' || spec.reqid !== template?.reqid || spec.protocol !== template.protocol) continue;
    if (spec.destination !== template.destination) continue;
    if (newest === undefined || addedAt > newest.addedAt) newest = sa;
  }
  return newest;
}
