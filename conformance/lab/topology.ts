import { hostPrefix, isV6, withoutLength } from './address.ts';
import { ipBatch } from './ip-batch.ts';
import { buildRouter, forwarding, hopOf, ROUTER } from './router.ts';
import type { SideName, Site, Topology } from './scenario.ts';
import { inNamespace, must, run } from './shell.ts';
import { sidesOf, siteOf } from './sides.ts';

/** Interface names inside a gateway's namespace. */
const OUTER = 'outer';
const INNER = 'inner';

/** Builds the namespaces of a topology. What an earlier scenario left under the same names is removed first. */
export async function buildTopology(topology: Topology): Promise<void> {
  await clearTopology();
  const sides = sidesOf(topology);
  const clients = sides.filter((side) => siteOf(topology, side).client !== undefined);
  const namespaces = [...sides, ROUTER, ...clients.map(clientOf)];
  await ipBatch([
    ...namespaces.map((name) => `netns add ${name}`),
    ...sides.map((s) => `link add ${OUTER} netns ${s} type veth peer name to-${s} netns ${ROUTER}`),
    ...clients.map((s) => `link add ${INNER} netns ${s} type veth peer name eth0 netns ${clientOf(s)}`),
  ]);
  await Promise.all([
    ...sides.map((side) => buildGateway(side, topology)),
    buildRouter(topology),
    ...clients.map((side) => buildClient(side, siteOf(topology, side))),
  ]);
}

export async function clearTopology(): Promise<void> {
  const present = new Set((await run(['ip', 'netns', 'list'])).stdout.split('\n').map((line) => line.split(' ')[0]));
  const sides = ['a', 'b', 'c'] as const;
  const ours = [...sides, ROUTER, ...sides.map(clientOf)].filter((name) => present.has(name));
  if (ours.length > 0) await run(['ip', '-batch', '-'], { input: ours.map((name) => `netns del ${name}\n`).join('') });
}

/** The namespace whose packets stand for a side's segments: the client's where there is one, else the gateway's. */
export function sourceNamespace(side: SideName, topology: Topology): string {
  return siteOf(topology, side).client === undefined ? side : clientOf(side);
}

/** The addresses in a side's segments that answer pings. */
export function segmentHosts(site: Site): string[] {
  return (site.client === undefined ? site.inner : [site.client]).map(withoutLength);
}

function clientOf(side: SideName): string {
  return `${side}-client`;
}

async function buildGateway(name: SideName, topology: Topology): Promise<void> {
  const { mtu = 1500, reversePathFilter } = topology;
  const site = siteOf(topology, name);
  // Without a client, a link to nowhere holds the segments: unlike lo it does not make whole prefixes local. Both its ends
  // are here, since not every kernel has dummy interfaces.
  const nowhere = `${INNER}-end`;
  const segments =
    site.client === undefined ? [`link add ${INNER} type veth peer name ${nowhere}`, `link set ${nowhere} up`] : [];
  await ipBatch(
    [
      ...segments,
      'link set lo up',
      `link set ${OUTER} up mtu ${mtu}`,
      `link set ${INNER} up`,
      `addr add ${site.address}/${isV6(site.address) ? 64 : 24} dev ${OUTER} ${isV6(site.address) ? 'nodad' : ''}`,
      ...site.inner.map((address) => `addr add ${address} dev ${INNER} ${isV6(address) ? 'nodad' : ''}`),
      `route add default via ${hopOf(site.address)} dev ${OUTER} src ${site.address}`,
    ],
    name,
  );
  await must(inNamespace(name, ['sh', '-c', gatewaySysctls(reversePathFilter)]));
}

/** What was sent to the old address is lost without a word, as on a network that the machine has left. */
export async function moveGateway(name: SideName, from: string, to: string): Promise<void> {
  const length = isV6(to) ? 64 : 24;
  await ipBatch(
    [`route replace blackhole ${hostPrefix(from)}`, `route replace ${hostPrefix(to)} dev to-${name}`],
    ROUTER,
  );
  await ipBatch(
    [
      `addr del ${from}/${length} dev ${OUTER}`,
      `addr add ${to}/${length} dev ${OUTER} ${isV6(to) ? 'nodad' : ''}`,
      `route replace default via ${hopOf(to)} dev ${OUTER} src ${to}`,
    ],
    name,
  );
}

async function buildClient(side: SideName, site: Site): Promise<void> {
  const [gateway = ''] = site.inner.map(withoutLength);
  await ipBatch(
    [
      'link set lo up',
      'link set eth0 up',
      `addr add ${site.client} dev eth0 ${isV6(gateway) ? 'nodad' : ''}`,
      `route add default via ${gateway} dev eth0`,
    ],
    clientOf(side),
  );
}

// A route-based filter drops what comes out of a tunnel, since the inner source is not routed to the outer interface.
function gatewaySysctls(reversePathFilter: Topology['reversePathFilter']): string {
  const value = reversePathFilter === 'strict' ? 1 : 0;
  return `${forwarding(true)}; for f in /proc/sys/net/ipv4/conf/*/rp_filter; do echo ${value} >$f; done`;
}
