import type { SideName, Site, Topology } from './scenario.ts';
import { inNamespace, must, run } from './shell.ts';

/** The router's namespace and its interfaces; the capture listens on the one towards a. */
export const ROUTER = 'net';
export const WIRE = 'to-a';
/** Interface names inside a gateway's namespace. */
export const OUTER = 'outer';
const INNER = 'inner';

/** Builds the namespaces of a topology. What an earlier scenario left under the same names is removed first. */
export async function buildTopology(topology: Topology): Promise<void> {
  await clearTopology();
  const clients = (['a', 'b'] as const).filter((side) => topology[side].client !== undefined);
  const namespaces = ['a', 'b', ROUTER, ...clients.map(clientOf)];
  const links = (['a', 'b'] as const).map(
    (s) => `link add ${OUTER} netns ${s} type veth peer name to-${s} netns ${ROUTER}`,
  );
  const inner = clients.map((s) => `link add ${INNER} netns ${s} type veth peer name eth0 netns ${clientOf(s)}`);
  await must(['ip', '-batch', '-'], {
    input: lines([...namespaces.map((name) => `netns add ${name}`), ...links, ...inner]),
  });
  await Promise.all([
    buildGateway('a', topology.a, topology.mtu),
    buildGateway('b', topology.b, topology.mtu),
    buildRouter(topology),
    ...clients.map((side) => buildClient(side, topology[side])),
  ]);
}

export async function clearTopology(): Promise<void> {
  const present = new Set((await run(['ip', 'netns', 'list'])).stdout.split('\n').map((line) => line.split(' ')[0]));
  const ours = ['a', 'b', ROUTER, clientOf('a'), clientOf('b')].filter((name) => present.has(name));
  if (ours.length > 0) await run(['ip', '-batch', '-'], { input: lines(ours.map((name) => `netns del ${name}`)) });
}

/** The namespace whose packets stand for a side's segments: the client's where there is one, else the gateway's. */
export function sourceNamespace(side: SideName, topology: Topology): string {
  return topology[side].client === undefined ? side : clientOf(side);
}

/** The addresses in a side's segments that answer pings. */
export function segmentHosts(site: Site): string[] {
  return (site.client === undefined ? site.inner : [site.client]).map(withoutLength);
}

function clientOf(side: SideName): string {
  return `${side}-client`;
}

async function buildGateway(name: SideName, site: Site, mtu = 1500): Promise<void> {
  // Without a client, a dummy interface holds the segments: unlike lo it does not make whole prefixes local.
  const segments = site.client === undefined ? [`link add ${INNER} type dummy`] : [];
  await must(['ip', '-n', name, '-batch', '-'], {
    input: lines([
      ...segments,
      'link set lo up',
      `link set ${OUTER} up mtu ${mtu}`,
      `link set ${INNER} up`,
      `addr add ${site.address}/${isV6(site.address) ? 64 : 24} dev ${OUTER} ${isV6(site.address) ? 'nodad' : ''}`,
      ...site.inner.map((address) => `addr add ${address} dev ${INNER} ${isV6(address) ? 'nodad' : ''}`),
      `route add default via ${hopOf(site.address)} dev ${OUTER} src ${site.address}`,
    ]),
  });
  await must(inNamespace(name, ['sh', '-c', GATEWAY_SYSCTLS]));
}

async function buildClient(side: SideName, site: Site): Promise<void> {
  const [gateway = ''] = site.inner.map(withoutLength);
  await must(['ip', '-n', clientOf(side), '-batch', '-'], {
    input: lines([
      'link set lo up',
      'link set eth0 up',
      `addr add ${site.client} dev eth0 ${isV6(gateway) ? 'nodad' : ''}`,
      `route add default via ${gateway} dev eth0`,
    ]),
  });
}

async function buildRouter(topology: Topology): Promise<void> {
  const mtu = topology.mtu ?? 1500;
  const perSide = (['a', 'b'] as const).flatMap((side) => [
    `link set to-${side} up mtu ${mtu}`,
    `addr add ${hostPrefix(hopOf(topology[side].address))} dev to-${side} ${isV6(topology[side].address) ? 'nodad' : ''}`,
    `route add ${hostPrefix(topology[side].address)} dev to-${side}`,
  ]);
  const nat = topology.natOfB === undefined ? [] : [`addr add ${hostPrefix(topology.natOfB)} dev lo`];
  await must(['ip', '-n', ROUTER, '-batch', '-'], { input: lines(['link set lo up', ...perSide, ...nat]) });
  await must(inNamespace(ROUTER, ['sh', '-c', `${FORWARDING}; ${PROXY_ARP}`]));
  if (topology.natOfB !== undefined) await translate(topology.b.address, topology.natOfB);
}

async function translate(inside: string, outside: string): Promise<void> {
  const rule = `-t nat -A POSTROUTING -o ${WIRE} -s ${inside} -j SNAT --to-source ${outside}`.split(' ');
  // user-mode-linux has the old tables only, other kernels may have the new ones only.
  const legacy = await run(inNamespace(ROUTER, ['iptables-legacy', ...rule]));
  if (legacy.status !== 0) await must(inNamespace(ROUTER, ['iptables', ...rule]));
}

const FORWARDING = 'echo 1 >/proc/sys/net/ipv4/ip_forward; echo 1 >/proc/sys/net/ipv6/conf/all/forwarding';
// Gateways of one subnet are on two links here; the router answers for each towards the other.
const PROXY_ARP = 'echo 1 >/proc/sys/net/ipv4/conf/all/proxy_arp';
// A route-based filter drops what comes out of a tunnel, since the inner source is not routed to the outer interface.
const GATEWAY_SYSCTLS = `${FORWARDING}; for f in /proc/sys/net/ipv4/conf/*/rp_filter; do echo 0 >$f; done`;

/** The router's address next to a gateway: the last but one of the gateway's /24, or that with ffff at the end in its /64. */
function hopOf(address: string): string {
  return isV6(address) ? address.replace(/[^:]*$/, 'ffff') : address.replace(/\d+$/, '254');
}

function hostPrefix(address: string): string {
  return `${address}/${isV6(address) ? 128 : 32}`;
}

function isV6(address: string): boolean {
  return address.includes(':');
}

function withoutLength(prefix: string): string {
  return prefix.replace(/\/.*/, '');
}

function lines(commands: readonly string[]): string {
  return `${commands.join('\n')}\n`;
}
