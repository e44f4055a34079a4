import { FOREIGN } from '../foreign.ts';
import { type InstalledSa, installedSas } from '../installed.ts';
import { isProtecting, type KernelSa, kernelPolicies } from '../kernel-state.ts';
import type { Lab } from '../lab.ts';
import { poll, type Reading } from '../poll.ts';
import type { SideName } from '../scenario.ts';
import { bothOr, peersOfA, sidesOf } from '../sides.ts';

/** Packets by direction, seen from a gateway or several. */
type Traffic = { readonly in: number; readonly out: number };

export async function expectCounters(lab: Lab, packets: number): Promise<void> {
  // Counters are read while nothing is under way, but the last echo reply may still be on its way into them.
  await poll(async () => {
    const [a, peers] = await Promise.all([trafficOf(lab, ['a']), trafficOf(lab, peersOfA(lab.scenario.topology))]);
    const few = Math.min(a.in, a.out, peers.in, peers.out) < packets;
    const unequal = a.out !== peers.in || peers.out !== a.in;
    const seen = `counters of a ${JSON.stringify(a)}, of its peers ${JSON.stringify(peers)}`;
    return few || unequal ? { unmet: `${seen}, expected ${packets} and equal ones` } : { value: true };
  }, 10_000);
  for (const [side, cygnet] of lab.cygnets()) {
    const installed = await trafficOf(lab, [side]);
    const children = await cygnet.childStatuses();
    const reported = {
      in: sum(children.map((child) => child.packetsIn)),
      out: sum(children.map((child) => child.packetsOut)),
    };
    if (reported.in === installed.in && reported.out === installed.out) continue;
    throw new Error(
      `cygnet status of ${side} counts ${JSON.stringify(reported)}, its data plane ${JSON.stringify(installed)}`,
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
  const [ofA, ofPeers] = await Promise.all([allOf(lab, ['a']), allOf(lab, peers)]);
  if (!sameSas(ofA, ofPeers)) return { unmet: 'different SPIs or keys are installed' };
  const reported = a.flatMap(({ spiIn, spiOut }) => [spiIn, spiOut]).sort();
  const installed = ofA.map(({ spi }) => spi).sort();
  return installed.join() === reported.join()
    ? { value: true }
    : { unmet: `a has the SPIs ${installed.join(', ')}, the gateway reports ${reported.join(', ')}` };
}

/** By SPI and protocol, and by the keys where kernels carry both ends; addresses differ where a NAT is between them. */
function sameSas(ours: readonly InstalledSa[], theirs: readonly InstalledSa[]): boolean {
  const keysShow = [...ours, ...theirs].every(({ kernel }) => kernel !== undefined);
  const lines = (sas: readonly InstalledSa[]) =>
    sas.map(({ spi, protocol, kernel }) => `${spi} ${protocol} ${keysShow ? kernel?.algorithms : ''}`).sort();
  return lines(ours).join() === lines(theirs).join();
}

/** What the kernel of each side whose packets it carries has in all its SAs. */
export async function expectInEverySa(
  lab: Lab,
  where: keyof Pick<KernelSa, 'algorithms' | 'flags'>,
  names: readonly string[],
): Promise<void> {
  const sides = sidesOf(lab.scenario.topology).filter((side) => lab.carrierOf(side) === 'kernel');
  for (const side of sides) {
    const sas = await installedSas(lab, side);
    if (sas.length === 0) throw new Error(`the kernel of ${side} has no SA`);
    for (const name of names) {
      const without = sas.find(({ kernel }) => !kernel?.[where].includes(name));
      if (without !== undefined) throw new Error(`an SA in the kernel of ${side} has no ${name}`);
    }
  }
}

export async function expectNothingInstalled(lab: Lab, on: SideName | 'both'): Promise<void> {
  for (const side of bothOr(on)) {
    await poll(async () => {
      const [sas, policies] = await Promise.all([installedSas(lab, side), kernelPolicies(side)]);
      const own = policies.filter((policy) => isProtecting(policy) && !policy.startsWith(FOREIGN.policy));
      const left = [...sas.map(saName), ...own];
      return left.length === 0 ? { value: true } : { unmet: `${side} has ${left.join('; ')}` };
    }, 20_000);
  }
}

export function saName({ protocol, spi, direction }: InstalledSa): string {
  return `${protocol} ${spi} ${direction}`;
}

async function trafficOf(lab: Lab, sides: readonly SideName[]): Promise<Traffic> {
  const sas = await allOf(lab, sides);
  const packets = (wanted: InstalledSa['direction']) =>
    sum(sas.filter(({ direction }) => direction === wanted).map((sa) => sa.packets));
  return { in: packets('in'), out: packets('out') };
}

async function allOf(lab: Lab, sides: readonly SideName[]): Promise<InstalledSa[]> {
  return (await Promise.all(sides.map((side) => installedSas(lab, side)))).flat();
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
