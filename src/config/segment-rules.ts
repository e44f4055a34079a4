import { addressFamily, formatPrefix } from '../base/net.ts';
import { canMeet, type SelectorPair, selectorPairs } from '../sa/selector-pairs.ts';
import {
  containsSelector,
  formatSelector,
  narrow,
  sameSelector,
  selectorFromPrefix,
  selectorKey,
  type TrafficSelector,
} from '../sa/traffic-selector.ts';
import { ANY_PORT, isAnyPort } from '../sa/upper-layer.ts';
import type { Gateway } from './configuration.ts';
import type { Entry } from './merge.ts';
import { formatPosition } from './problem.ts';
import type { Report } from './report.ts';
import type { RawTunnel } from './schema.ts';

/** What the segments of one tunnel must keep to. */
export function checkSegments(raw: RawTunnel, gateway: Gateway, report: Report): void {
  for (const side of SIDES) {
    checkWithinList(side, raw[side].subnets, report);
    checkPartners(side, raw, report);
    if (raw.ike?.version === 1) checkSayable(side, raw, report);
  }
  checkOverlap(raw, report);
  checkVpc(raw, gateway, report);
}

/**
 * One pair of a local and a peer segment belongs to one tunnel of a gateway: only one policy can have its packets. Pairs
 * that differ in protocol or ports are different ones.
 */
export function checkPairs(tunnels: Iterable<Entry<RawTunnel>>): void {
  const claims = new Map<string, Entry<RawTunnel>>();
  for (const tunnel of tunnels) {
    const rivals = new Set<string>();
    for (const { key, local, remote } of pairsOf(tunnel.raw)) {
      const earlier = claims.get(key);
      if (earlier === undefined) claims.set(key, tunnel);
      // Once for each other tunnel: those that share one pair mostly share many.
      if (earlier === undefined || earlier === tunnel || rivals.has(earlier.name)) continue;
      rivals.add(earlier.name);
      const place = formatPosition(earlier.source.key(['tunnels', earlier.name]));
      tunnel.report.error(
        ['remote', 'subnets', tunnel.raw.remote.subnets.indexOf(remote)],
        `${formatSelector(local)} <-> ${formatSelector(remote)} on gateway ${tunnel.raw.gateway} already belongs to tunnel ${earlier.name} (${place})`,
      );
    }
  }
}

type Side = 'local' | 'remote';

const SIDES: readonly Side[] = ['local', 'remote'];
const OTHER_SIDE: Readonly<Record<Side, Side>> = { local: 'remote', remote: 'local' };
const SEGMENT: Readonly<Record<Side, string>> = { local: 'local segment', remote: 'peer segment' };

function* pairsOf(raw: RawTunnel): Generator<SelectorPair & { readonly key: string }> {
  for (const { local, remote } of selectorPairs(raw.local.subnets, raw.remote.subnets)) {
    // A protocol that is said of one end alone holds for both.
    const protocol = Math.max(local.protocol, remote.protocol);
    const ends = [local, remote].map((segment) => selectorKey({ ...segment, protocol }));
    yield { local, remote, key: `${raw.gateway} ${ends.join(' ')}` };
  }
}

function checkWithinList(side: Side, subnets: readonly TrafficSelector[], report: Report): void {
  for (const [index, subnet] of subnets.entries()) {
    const first = subnets.findIndex((other) => sameSelector(other, subnet));
    const outer = subnets.find((other) => containsSelector(other, subnet) && !sameSelector(other, subnet));
    if (first < index) report.error([side, 'subnets', index], `${formatSelector(subnet)} is there twice`);
    else if (outer !== undefined)
      report.warning(
        [side, 'subnets', index],
        `${formatSelector(subnet)} lies within ${formatSelector(outer)} of the same list and adds nothing`,
      );
  }
}

/** By their addresses: which of two packets between the same hosts goes into the tunnel must not depend on its direction. */
function checkOverlap(raw: RawTunnel, report: Report): void {
  for (const [index, remote] of raw.remote.subnets.entries()) {
    const local = raw.local.subnets.find((one) => narrow([anyTraffic(one)], [anyTraffic(remote)]).length > 0);
    if (local !== undefined)
      report.error(
        ['remote', 'subnets', index],
        `${formatSelector(remote)} overlaps the local segment ${formatSelector(local)}`,
      );
  }
}

function anyTraffic(segment: TrafficSelector): TrafficSelector {
  return { ...segment, protocol: 0, ...ANY_PORT };
}

function checkPartners(side: Side, raw: RawTunnel, report: Report): void {
  const partners = raw[OTHER_SIDE[side]].subnets;
  for (const [index, subnet] of raw[side].subnets.entries()) {
    if (partners.some((partner) => canMeet(partner, subnet))) continue;
    const family = addressFamily(subnet.start);
    const lacks = partners.some(({ start }) => addressFamily(start) === family)
      ? `no ${SEGMENT[OTHER_SIDE[side]]} of its protocol`
      : `no IPv${family} ${SEGMENT[OTHER_SIDE[side]]}`;
    report.error([side, 'subnets', index], `${formatSelector(subnet)} has no partner: there is ${lacks}`);
  }
}

/** RFC 2407 §4.6.2: an identification of Quick Mode has one protocol and one port, and 0 is any. */
function checkSayable(side: Side, raw: RawTunnel, report: Report): void {
  for (const [index, subnet] of raw[side].subnets.entries()) {
    const { startPort, endPort } = subnet;
    if (!isAnyPort(subnet) && (startPort !== endPort || startPort === 0))
      report.error(
        [side, 'subnets', index],
        `${formatSelector(subnet)} cannot be said in IKEv1, which knows one port or all; list ports one by one, or set ike.version to 2`,
      );
  }
}

function checkVpc(raw: RawTunnel, gateway: Gateway, report: Report): void {
  // In transport mode the segment is the gateway itself, which need not lie within.
  if (gateway.vpc.length === 0 || raw.ipsec?.mode === 'transport') return;
  const allowed = gateway.vpc.map(selectorFromPrefix);
  for (const [index, subnet] of raw.local.subnets.entries()) {
    if (!allowed.some((vpc) => containsSelector(vpc, subnet)))
      report.error(
        ['local', 'subnets', index],
        `${formatSelector(subnet)} is not within the vpc of gateway ${gateway.name} (${gateway.vpc.map(formatPrefix).join(', ')})`,
      );
  }
}
