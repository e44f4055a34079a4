import { FOREIGN } from './foreign.ts';
import { type KernelSa, kernelSas } from './kernel-state.ts';
import type { Lab } from './lab.ts';
import type { SideName } from './scenario.ts';

/** An SA by which a side protects packets, as tells what carries them there: the kernel, or the daemon itself. */
export type InstalledSa = {
  readonly spi: string;
  readonly protocol: string;
  readonly direction: 'in' | 'out';
  readonly packets: number;
  /** What only a kernel shows: algorithms with their keys, and flags, as iproute2 prints them. */
  readonly kernel?: Pick<KernelSa, 'algorithms' | 'flags'>;
};

/** All SAs that a side has but the foreign one. A daemon that is gone has taken with it what it carried itself. */
export async function installedSas(lab: Lab, side: SideName): Promise<InstalledSa[]> {
  const own = lab.addressOf(side);
  const kernel = (await kernelSas(side))
    .filter(({ spi }) => !FOREIGN.sa.includes(spi))
    .map((sa) => fromKernel(sa, sa.source === own ? 'out' : 'in'));
  if (lab.carrierOf(side) === 'kernel') return kernel;
  // Userspace has nothing to do with the kernel's SAs: one that is there nevertheless is one too many.
  return [...kernel, ...(await carriedByDaemon(lab, side))];
}

function fromKernel({ spi, protocol, packets, algorithms, flags }: KernelSa, direction: 'in' | 'out'): InstalledSa {
  return { spi, protocol, direction, packets, kernel: { algorithms, flags } };
}

async function carriedByDaemon(lab: Lab, side: SideName): Promise<InstalledSa[]> {
  const carried = (await lab.running.get(side)?.carried()) ?? [];
  return carried.flatMap(({ protocol, spiIn, spiOut, packetsIn, packetsOut }) => [
    { spi: spiIn, protocol, direction: 'in' as const, packets: packetsIn },
    { spi: spiOut, protocol, direction: 'out' as const, packets: packetsOut },
  ]);
}
