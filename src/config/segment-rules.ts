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
import { isChosenBySegments } from './attributes.ts';
import type { Gateway } from './configuration.ts';
import { isUnknownHost } from './dynamic-segments.ts';
import type { Entry } from './merge.ts';
import { formatPosition } from './problem.ts';
import { redundantSegments } from './redundant-segments.ts';
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
 * that differ in protocol or ports are different ones, and those whose packets differ in mark or interface both ways.
 */
export function checkPairs(tunnels: Iterable<Entry<RawTunnel>>): void {
  const claims = new Map<string, Entry<RawTunnel>>();
  for (const tunnel of tunnels) {
    const rivals = new Set<string>();
    for (const { keys, local, remote } of pairsOf(tunnel)) {
      const earlier = keys.map((key) => claims.get(key)).find((other) => other !== undefined);
      for (const key of keys) if (!claims.has(key)) claims.set(key, tunnel);
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

function* pairsOf({ name, raw }: Entry<RawTunnel>): Generator<SelectorPair & { readonly keys: readonly string[] }> {
  const { policies, ifId, mark } = raw.ipsec ?? {};
  // Without policies it takes nobody's packets.
  if (policies === false) return;
  // What two peers of unknown address have differs with them.
  const remotes = raw.remote.subnets.filter((one) => !isUnknownHost(one));
  for (const { local, remote } of selectorPairs(raw.local.subnets, remotes)) {
    // A protocol that is said of one end alone holds for both.
    const protocol = Math.max(local.protocol, remote.protocol);
    const ends = [local, remote].map((segment) => selectorKey({ ...segment, protocol }));
    const keys = DIRECTIONS.map(
      (direction) => `${raw.gateway} ${ends.join(' ')} ${direction} ${apartText({ ifId, mark }, direction, name)}`,
    );
    yield { local, remote, keys };
  }
}

const DIRECTIONS = ['in', 'out'] as const;

/** What tells the packets of one direction from others between the same segments; what is unique is so for each tunnel. */
function apartText({ ifId, mark }: NonNullable<RawTunnel['ipsec']>, direction: 'in' | 'out', tunnel: string): string {
  const numbers = [ifId?.[direction], mark?.[direction]?.value, mark?.[direction]?.mask];
  return numbers.map((number) => (typeof number === 'string' ? tunnel : (number ?? ''))).join(' ');
}

function checkWithinList(side: Side, subnets: readonly TrafficSelector[], report: Report): void {
  for (const { index, within } of redundantSegments(subnets)) {
    const at = [side, 'subnets', index];
    const text = formatSelector(subnets[index] as TrafficSelector);
    if (within === 'twice') report.error(at, `${text} is there twice`);
    else report.warning(at, `${text} lies within ${formatSelector(within)} of the same list and adds nothing`);
  }
}

/**
 * By their addresses: which of two packets between the same hosts goes into the tunnel must not depend on its direction,
 * where nothing but segments decides. Where one side takes in the other it does not: the narrower one says whose the
 * addresses are.
 */
function checkOverlap(raw: RawTunnel, report: Report): void {
  if (!isChosenBySegments(raw)) return;
  for (const [index, remote] of raw.remote.subnets.entries()) {
    if (isUnknownHost(remote)) continue;
    const overlapping = raw.local.subnets.filter((one) => narrow([anyTraffic(one)], [anyTraffic(remote)]).length > 0);
    const unclear = overlapping.find((local) => relationOf(local, remote) === undefined);
    const local = unclear ?? overlapping[0];
    if (local === undefined) continue;
    const at = ['remote', 'subnets', index];
    const relation = relationOf(local, remote);
    const [ours, theirs] = [formatSelector(local), formatSelector(remote)];
    if (relation === undefined) report.error(at, `${theirs} overlaps the local segment ${ours}`);
    else if (raw.overlap === true)
      report.warning(at, `${theirs} ${relation} the local segment ${ours}: ${OWNER[relation]}`);
    else report.error(at, `${theirs} overlaps the local segment ${ours}; overlap: true at the tunnel takes that`);
  }
}

type Relation = 'contains' | 'lies within';

const OWNER: Readonly<Record<Relation, string>> = {
  contains: 'what goes between local segments stays out of the tunnel',
  'lies within': 'what goes there goes to the peer',
};

/** How a peer segment that overlaps a local one takes it in, or is taken in; undefined where neither does. */
function relationOf(local: TrafficSelector, remote: TrafficSelector): Relation | undefined {
  const [ours, theirs] = [anyTraffic(local), anyTraffic(remote)];
  if (sameSelector(ours, theirs)) return undefined;
  if (containsSelector(theirs, ours)) return 'contains';
  return containsSelector(ours, theirs) ? 'lies within' : undefined;
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
  // The gateway itself need not lie within, which is all that transport mode has.
  if (gateway.vpc.length === 0 || raw.ipsec?.mode === 'transport') return;
  const allowed = gateway.vpc.map(selectorFromPrefix);
  for (const [index, subnet] of raw.local.subnets.entries()) {
    const isItself = subnet.start === gateway.address && subnet.end === gateway.address;
    if (!isItself && !allowed.some((vpc) => containsSelector(vpc, subnet)))
      report.error(
        ['local', 'subnets', index],
        `${formatSelector(subnet)} is not within the vpc of gateway ${gateway.name} (${gateway.vpc.map(formatPrefix).join(', ')})`,
      );
  }
}
