import { fileURLToPath } from 'node:url';
import { hostPrefix, isV6 } from './address.ts';
import { ipBatch } from './ip-batch.ts';
import type { SideName, Topology } from './scenario.ts';
import { inNamespace, must, run } from './shell.ts';
import { peersOfA, sidesOf, siteOf } from './sides.ts';

/** The router's namespace and its interfaces; the capture listens on the one towards a. */
export const ROUTER = 'net';
export const WIRE = 'to-a';

/** Gives the router its addresses and routes, and the translations of the topology. */
export async function buildRouter(topology: Topology): Promise<void> {
  const mtu = topology.mtu ?? 1500;
  const perSide = sidesOf(topology).flatMap((side) => {
    const { address } = siteOf(topology, side);
    return [
      `link set to-${side} up mtu ${mtu}`,
      `addr add ${hostPrefix(hopOf(address))} dev to-${side} ${isV6(address) ? 'nodad' : ''}`,
      `route add ${hostPrefix(address)} dev to-${side}`,
    ];
  });
  const publicAddresses = [topology.natOfA, topology.natOfB].filter((address) => address !== undefined);
  const own = publicAddresses.map((address) => `addr add ${hostPrefix(address)} dev lo`);
  await ipBatch(['link set lo up', ...perSide, ...own], ROUTER);
  await must(inNamespace(ROUTER, ['sh', '-c', `${forwarding(true)}; ${PROXY_ARP}`]));
  for (const rule of translations(topology)) await addRule(`-t nat -A ${rule}`);
  for (const match of topology.drops ?? []) await addRule(`-A FORWARD ${match} -j DROP`);
}

/** Whether anything passes the router; where nothing does, nobody is told. */
export async function setForwarding(on: boolean): Promise<void> {
  await must(inNamespace(ROUTER, ['sh', '-c', forwarding(on)]));
}

/** What the router does to packets towards a side, in netem's words; nothing where there are none. */
export async function disturb(side: SideName, how?: string): Promise<void> {
  const place = ['dev', `to-${side}`, 'root'];
  const change = how === undefined ? ['del', ...place] : ['replace', ...place, 'netem', ...how.split(' ')];
  await must(['tc', '-n', ROUTER, 'qdisc', ...change]);
}

export type Forgery = {
  readonly source: string;
  readonly target: string;
  /** The gateway that is to pass them on, or to take them itself. */
  readonly via: string;
  readonly count: number;
};

/** The router sends echo requests as from a host that is somewhere else. */
export async function sendInClear({ source, target, via, count }: Forgery): Promise<void> {
  await ipBatch([`addr add ${hostPrefix(source)} dev lo`, `route add ${hostPrefix(target)} via ${via}`], ROUTER);
  // Nobody answers, since nothing is to come to that host.
  await run(inNamespace(ROUTER, ['ping', '-n', '-c', String(count), '-i', '0.2', '-W', '1', '-I', source, target]));
  await ipBatch([`addr del ${hostPrefix(source)} dev lo`, `route del ${hostPrefix(target)}`], ROUTER);
}

/** The NAT in front of b starts over, for the `round`th time: what b sends from port 4500 leaves from another one. */
export async function rebindNat({ b, natOfB }: Topology, round: number): Promise<void> {
  const target = `SNAT --to-source ${natOfB}:${reboundPort(round)}`;
  await addRule(`-t nat -I POSTROUTING -o ${WIRE} -p udp -s ${b.address} --sport 4500 -j ${target}`);
  const program = fileURLToPath(new URL('./forget-mappings.js', import.meta.url));
  await must(inNamespace(ROUTER, [process.execPath, program]));
}

/** The outer port of b after so many times of `rebind-nat`. */
export function reboundPort(round: number): number {
  return 40_000 + round;
}

/** The router's address next to a gateway: the last but one of the gateway's /24, or that with ffff at the end in its /64. */
export function hopOf(address: string): string {
  return isV6(address) ? address.replace(/[^:]*$/, 'ffff') : address.replace(/\d+$/, '254');
}

/** The shell command that makes a namespace forward packets, or not. */
export function forwarding(on: boolean): string {
  const value = on ? 1 : 0;
  return `echo ${value} >/proc/sys/net/ipv4/ip_forward; echo ${value} >/proc/sys/net/ipv6/conf/all/forwarding`;
}

// Gateways of one subnet are on two links here; the router answers for each towards the other.
const PROXY_ARP = 'echo 1 >/proc/sys/net/ipv4/conf/all/proxy_arp';

/** The ports of IKE, which a NAT in front of a passes on to it. */
const PORTS = [500, 4500];

function translations({ natOfA, natOfB, ...topology }: Topology): string[] {
  const { address } = topology.a;
  const behindB = peersOfA(topology).map((side) => siteOf(topology, side).address);
  return [
    ...(natOfB === undefined ? [] : behindB.map((b) => `POSTROUTING -o ${WIRE} -s ${b} -j SNAT --to-source ${natOfB}`)),
    ...(natOfA === undefined
      ? []
      : [
          `POSTROUTING ! -o ${WIRE} -s ${address} -j SNAT --to-source ${natOfA}`,
          ...PORTS.map((port) => `PREROUTING -d ${natOfA} -p udp --dport ${port} -j DNAT --to-destination ${address}`),
        ]),
  ];
}

async function addRule(rule: string): Promise<void> {
  const words = rule.split(' ');
  // user-mode-linux has the old tables only, other kernels may have the new ones only.
  const legacy = await run(inNamespace(ROUTER, ['iptables-legacy', ...words]));
  if (legacy.status !== 0) await must(inNamespace(ROUTER, ['iptables', ...words]));
}
