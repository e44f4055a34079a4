import type { Prefix } from '../base/net.ts';
import { addressFamily, formatPrefix, prefixContains, prefixesOverlap } from '../base/net.ts';
import type { Gateway } from './configuration.ts';
import type { Entry } from './merge.ts';
import { formatPosition } from './problem.ts';
import type { Report } from './report.ts';
import type { RawTunnel } from './schema.ts';

/** What the segments of one tunnel must keep to. */
export function checkSegments(raw: RawTunnel, gateway: Gateway, report: Report): void {
  checkWithinList('local', raw.local.subnets, report);
  checkWithinList('remote', raw.remote.subnets, report);
  checkOverlap(raw, report);
  checkFamilies('local', raw, report);
  checkFamilies('remote', raw, report);
  checkVpc(raw, gateway, report);
}

/** One pair of a local and a peer segment belongs to one tunnel of a gateway: only one policy can have its packets. */
export function checkPairs(tunnels: Iterable<Entry<RawTunnel>>): void {
  const claims = new Map<string, Entry<RawTunnel>>();
  for (const tunnel of tunnels) {
    const rivals = new Set<string>();
    for (const { key, text, index } of pairsOf(tunnel.raw)) {
      const earlier = claims.get(key);
      if (earlier === undefined) claims.set(key, tunnel);
      // Once for each other tunnel: those that share one pair mostly share many.
      if (earlier === undefined || earlier === tunnel || rivals.has(earlier.name)) continue;
      rivals.add(earlier.name);
      const place = formatPosition(earlier.source.key(['tunnels', earlier.name]));
      tunnel.report.error(
        ['remote', 'subnets', index],
        `${text} on gateway ${tunnel.raw.gateway} already belongs to tunnel ${earlier.name} (${place})`,
      );
    }
  }
}

type Side = 'local' | 'remote';

const OTHER_SIDE: Readonly<Record<Side, Side>> = { local: 'remote', remote: 'local' };
const SEGMENT: Readonly<Record<Side, string>> = { local: 'local segment', remote: 'peer segment' };

function* pairsOf(raw: RawTunnel): Generator<{ readonly key: string; readonly text: string; readonly index: number }> {
  for (const local of raw.local.subnets) {
    for (const [index, remote] of raw.remote.subnets.entries()) {
      const text = `${formatPrefix(local)} <-> ${formatPrefix(remote)}`;
      yield { key: `${raw.gateway} ${text}`, text, index };
    }
  }
}

function checkWithinList(side: Side, subnets: readonly Prefix[], report: Report): void {
  for (const [index, subnet] of subnets.entries()) {
    const outer = subnets.find(
      (other, otherIndex) => otherIndex !== index && prefixContains(other, subnet) && other.length < subnet.length,
    );
    const first = subnets.findIndex((other) => formatPrefix(other) === formatPrefix(subnet));
    if (first < index) report.error([side, 'subnets', index], `${formatPrefix(subnet)} is there twice`);
    else if (outer !== undefined)
      report.warning(
        [side, 'subnets', index],
        `${formatPrefix(subnet)} lies within ${formatPrefix(outer)} of the same list and adds nothing`,
      );
  }
}

function checkOverlap(raw: RawTunnel, report: Report): void {
  for (const [index, remote] of raw.remote.subnets.entries()) {
    const local = raw.local.subnets.find((candidate) => prefixesOverlap(candidate, remote));
    if (local !== undefined)
      report.error(
        ['remote', 'subnets', index],
        `${formatPrefix(remote)} overlaps the local segment ${formatPrefix(local)}`,
      );
  }
}

function checkFamilies(side: Side, raw: RawTunnel, report: Report): void {
  const partners = new Set(raw[OTHER_SIDE[side]].subnets.map((subnet) => addressFamily(subnet.address)));
  for (const [index, subnet] of raw[side].subnets.entries()) {
    const family = addressFamily(subnet.address);
    if (!partners.has(family))
      report.error(
        [side, 'subnets', index],
        `${formatPrefix(subnet)} has no partner: there is no IPv${family} ${SEGMENT[OTHER_SIDE[side]]}`,
      );
  }
}

function checkVpc(raw: RawTunnel, gateway: Gateway, report: Report): void {
  if (gateway.vpc.length === 0) return;
  for (const [index, subnet] of raw.local.subnets.entries()) {
    if (!gateway.vpc.some((vpc) => prefixContains(vpc, subnet)))
      report.error(
        ['local', 'subnets', index],
        `${formatPrefix(subnet)} is not within the vpc of gateway ${gateway.name} (${gateway.vpc.map(formatPrefix).join(', ')})`,
      );
  }
}
