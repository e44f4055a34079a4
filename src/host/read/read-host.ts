import type { TunnelPolicy } from '../../ike/common/policy.ts';
import type { HostFacts } from '../facts.ts';
import { addressesOfInterest } from '../tunnel-segments.ts';
import { readFirewalls } from './firewalls.ts';
import { readInterfaces, readKernel, readWays } from './kernel.ts';
import { readParameters } from './parameters.ts';
import { readProcesses, readSockets } from './processes.ts';
import { type RunTool, runTool } from './tool.ts';
import { readTun } from './tun.ts';

/**
 * Looks at this machine. Nothing is changed, but for SAs to the loopback address that are added and deleted at once, to
 * learn what the kernel takes. Takes as long as the tools do, which are given up after some seconds.
 */
export async function readHost(tunnels: readonly TunnelPolicy[], run: RunTool = runTool): Promise<HostFacts> {
  const [firewalls, synchronized] = await Promise.all([
    readFirewalls(run),
    run('timedatectl', ['show', '--property=NTPSynchronized', '--value']),
  ]);
  const processes = readProcesses();
  return {
    parameters: readParameters(),
    interfaces: readInterfaces(),
    ways: readWays(addressesOfInterest(tunnels)),
    sockets: readSockets(processes),
    processes,
    firewalls,
    kernel: readKernel(),
    tun: readTun(),
    clock: {
      year: new Date().getUTCFullYear(),
      synchronized: synchronized.known ? { ...synchronized, value: synchronized.value.trim() === 'yes' } : synchronized,
    },
  };
}
