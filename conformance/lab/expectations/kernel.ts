import { FOREIGN } from '../actions.ts';
import { isProtecting, type KernelSa, kernelPolicies, kernelSas, routes } from '../kernel-state.ts';
import { bothOr, type Lab } from '../lab.ts';
import { poll } from '../poll.ts';
import type { SideName } from '../scenario.ts';

/** Packets by direction, seen from one gateway. */
type Traffic = { readonly inbound: number; readonly outbound: number };

export async function expectCounters(lab: Lab, packets: number): Promise<void> {
  // Counters are read while nothing is under way, but the last echo reply may still be on its way into them.
  await poll(async () => {
    const [a, b] = await Promise.all([trafficOf(lab, 'a'), trafficOf(lab, 'b')]);
    const few = Math.min(a.inbound, a.outbound, b.inbound, b.outbound) < packets;
    const unequal = a.outbound !== b.inbound || b.outbound !== a.inbound;
    const seen = `kernel counters of a ${JSON.stringify(a)}, of b ${JSON.stringify(b)}`;
    return few || unequal ? { unmet: `${seen}, expected ${packets} and equal ones` } : { value: true };
  }, 10_000);
  for (const [side, cygnet] of lab.cygnets()) {
    const kernel = await trafficOf(lab, side);
    const { children } = await cygnet.status();
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

export async function expectSameSpis(lab: Lab, count: number): Promise<void> {
  const [a, b] = await Promise.all([lab.gateway('a').children(), lab.gateway('b').children()]);
  const mirrored = b.map(({ spiIn, spiOut }) => `${spiOut} ${spiIn}`).sort();
  const own = a.map(({ spiIn, spiOut }) => `${spiIn} ${spiOut}`).sort();
  if (own.length !== count) throw new Error(`a reports ${own.length} Child SAs, expected ${count}`);
  if (own.join() !== mirrored.join())
    throw new Error(`SPIs of a ${own.join(', ')}; of b, mirrored, ${mirrored.join(', ')}`);
  const [kernelA, kernelB] = await Promise.all([saLines('a'), saLines('b')]);
  if (kernelA.join() !== kernelB.join()) throw new Error('the kernels hold different SPIs or keys');
  const reported = a.flatMap(({ spiIn, spiOut }) => [spiIn, spiOut]).sort();
  const installed = kernelA.map((line) => line.split(' ')[0] ?? '').sort();
  if (installed.join() !== reported.join()) {
    throw new Error(`the kernel of a has the SPIs ${installed.join(', ')}, the gateway reports ${reported.join(', ')}`);
  }
}

export async function expectAlgorithms(names: readonly string[]): Promise<void> {
  for (const side of ['a', 'b']) {
    const sas = await kernelSas(side);
    if (sas.length === 0) throw new Error(`the kernel of ${side} has no SA`);
    for (const name of names) {
      const without = sas.find((sa) => !sa.algorithms.includes(name));
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

async function trafficOf(lab: Lab, side: SideName): Promise<Traffic> {
  const own = lab.scenario.topology[side].address;
  const sas = await kernelSas(side);
  return {
    inbound: sum(sas.filter((sa) => sa.destination === own).map((sa) => sa.packets)),
    outbound: sum(sas.filter((sa) => sa.source === own).map((sa) => sa.packets)),
  };
}

/** SPI and keys; addresses differ between the sides where a NAT is between them. */
async function saLines(side: SideName): Promise<string[]> {
  const sas = (await kernelSas(side)).filter((sa) => !FOREIGN.sa.includes(sa.spi));
  return sas.map((sa) => `${sa.spi} ${sa.protocol} ${sa.algorithms}`).sort();
}

function saName(sa: KernelSa): string {
  return `${sa.protocol} ${sa.spi} to ${sa.destination}`;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
