import { FOREIGN } from '../actions.ts';
import { isProtecting, type KernelSa, kernelPolicies, kernelSas, routes } from '../kernel-state.ts';
import type { Lab } from '../lab.ts';
import { poll, type Reading } from '../poll.ts';
import type { SideName } from '../scenario.ts';
import { bothOr, peersOfA, siteOf } from '../sides.ts';

/** Packets by direction, seen from a gateway or several. */
type Traffic = { readonly inbound: number; readonly outbound: number };

export async function expectCounters(lab: Lab, packets: number): Promise<void> {
  // Counters are read while nothing is under way, but the last echo reply may still be on its way into them.
  await poll(async () => {
    const [a, peers] = await Promise.all([trafficOf(lab, ['a']), trafficOf(lab, peersOfA(lab.scenario.topology))]);
    const few = Math.min(a.inbound, a.outbound, peers.inbound, peers.outbound) < packets;
    const unequal = a.outbound !== peers.inbound || peers.outbound !== a.inbound;
    const seen = `kernel counters of a ${JSON.stringify(a)}, of its peers ${JSON.stringify(peers)}`;
    return few || unequal ? { unmet: `${seen}, expected ${packets} and equal ones` } : { value: true };
  }, 10_000);
  for (const [side, cygnet] of lab.cygnets()) {
    const kernel = await trafficOf(lab, [side]);
    const children = await cygnet.childStatuses();
    const reported = {
      inbound: sum(children.map((child) => child.packetsIn)),
      outbound: sum(children.map((child) => child.packetsOut)),
    };
    if (reported.inbound === kernel.inbound && reported.outbound === kernel.outbound) continue;
    throw new Error(
      `cygnet status of ${side} counts ${JSON.stringify(reported)}, the kernel ${JSON.stringify(kernel)}`,
    );
  }
}

/** Of a and all its peers. */
export async function expectSameSpis(lab: Lab, count: number): Promise<void> {
  await poll(() => readSameSpis(lab, count), 30_000);
}

async function readSameSpis(lab: Lab, count: number): Promise<Reading<true>> {
  const peers = peersOfA(lab.scenario.topology);
  const a = await lab.gateway('a').children();
  const theirs = (await Promise.all(peers.map((side) => lab.gateway(side).children()))).flat();
  const mirrored = theirs.map(({ spiIn, spiOut }) => `${spiOut} ${spiIn}`).sort();
  const own = a.map(({ spiIn, spiOut }) => `${spiIn} ${spiOut}`).sort();
  if (own.length !== count) return { unmet: `a reports ${own.length} Child SAs, expected ${count}` };
  if (own.join() !== mirrored.join())
    return { unmet: `SPIs of a ${own.join(', ')}; of its peers, mirrored, ${mirrored.join(', ')}` };
  const [kernelA, kernelsOfPeers] = await Promise.all([saLines(['a']), saLines(peers)]);
  if (kernelA.join() !== kernelsOfPeers.join()) return { unmet: 'the kernels hold different SPIs or keys' };
  const reported = a.flatMap(({ spiIn, spiOut }) => [spiIn, spiOut]).sort();
  const installed = kernelA.map((line) => line.split(' ')[0] ?? '').sort();
  return installed.join() === reported.join()
    ? { value: true }
    : { unmet: `the kernel of a has the SPIs ${installed.join(', ')}, the gateway reports ${reported.join(', ')}` };
}

export async function expectInEverySa(where: 'algorithms' | 'flags', names: readonly string[]): Promise<void> {
  for (const side of ['a', 'b']) {
    const sas = await kernelSas(side);
    if (sas.length === 0) throw new Error(`the kernel of ${side} has no SA`);
    for (const name of names) {
      const without = sas.find((sa) => !sa[where].includes(name));
      if (without !== undefined) throw new Error(`an SA in the kernel of ${side} has no ${name}`);
    }
  }
}

export async function expectNothingInstalled(on: SideName | 'both'): Promise<void> {
  for (const side of bothOr(on)) {
    await poll(async () => {
      const [sas, policies] = await Promise.all([kernelSas(side), kernelPolicies(side)]);
      const left = [...sas.map(saName), ...policies.filter(isProtecting)];
      return left.length === 0 ? { value: true } : { unmet: `the kernel of ${side} has ${left.join('; ')}` };
    }, 20_000);
  }
}

/** Compared with the namespace before any gateway ran in it, and what actions added since. */
export async function expectNothingLeft(lab: Lab, on: SideName): Promise<void> {
  await poll(async () => {
    const before = new Set(lab.routesBefore.get(on));
    const sas = (await kernelSas(on)).filter((sa) => !FOREIGN.sa.includes(sa.spi)).map(saName);
    const policies = (await kernelPolicies(on)).filter((policy) => !policy.startsWith(FOREIGN.policy));
    const added = (await routes(on)).filter((route) => !before.has(route) && !route.startsWith(FOREIGN.route));
    const left = [...sas, ...policies, ...added];
    return left.length === 0 ? { value: true } : { unmet: `left behind on ${on}: ${left.join('; ')}` };
  }, 10_000);
}

export async function expectForeignUntouched(on: SideName): Promise<void> {
  const sa = (await kernelSas(on)).some((entry) => FOREIGN.sa.includes(entry.spi));
  const policy = (await kernelPolicies(on)).some((entry) => entry.startsWith(FOREIGN.policy));
  const route = (await routes(on)).some((entry) => entry.startsWith(FOREIGN.route));
  const missing = Object.entries({ sa, policy, route }).filter(([, present]) => !present);
  if (missing.length > 0) throw new Error(`gone from ${on}: the foreign ${missing.map(([what]) => what).join(', ')}`);
}

export async function expectRoute(on: SideName, to: string, present: boolean): Promise<void> {
  await poll(async () => {
    const found = (await routes(on)).some((route) => route.startsWith(`${to} `));
    return found === present
      ? { value: true }
      : { unmet: `a route to ${to} on ${on} is ${found ? 'there' : 'missing'}` };
  }, 20_000);
}

async function trafficOf(lab: Lab, sides: readonly SideName[]): Promise<Traffic> {
  const each = await Promise.all(
    sides.map(async (side) => {
      const own = siteOf(lab.scenario.topology, side).address;
      const sas = await kernelSas(side);
      return {
        inbound: sum(sas.filter((sa) => sa.destination === own).map((sa) => sa.packets)),
        outbound: sum(sas.filter((sa) => sa.source === own).map((sa) => sa.packets)),
      };
    }),
  );
  return { inbound: sum(each.map(({ inbound }) => inbound)), outbound: sum(each.map(({ outbound }) => outbound)) };
}

/** SPI and keys; addresses differ between the sides where a NAT is between them. */
async function saLines(sides: readonly SideName[]): Promise<string[]> {
  const sas = (await Promise.all(sides.map(kernelSas))).flat().filter((sa) => !FOREIGN.sa.includes(sa.spi));
  return sas.map((sa) => `${sa.spi} ${sa.protocol} ${sa.algorithms}`).sort();
}

function saName(sa: KernelSa): string {
  return `${sa.protocol} ${sa.spi} to ${sa.destination}`;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
