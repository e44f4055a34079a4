import type { Tunnel } from '../config/configuration.ts';
import type { VersionReport } from '../control/protocol.ts';
import type { TunnelPolicy } from '../ike/common/policy.ts';
import type { ChildSaView } from '../ike/common/view.ts';
import { type MeasuredPair, metricsText } from '../observe/metrics.ts';
import { pairStatuses } from '../tunnel/pairs.ts';
import type { TunnelStatus } from '../tunnel/status.ts';
import type { Observations } from './observations.ts';

export type MeasuredDaemon = {
  readonly version: VersionReport;
  readonly tunnels: readonly Tunnel[];
  /** Of these tunnels, with fresh counters. */
  readonly statuses: readonly TunnelStatus[];
  readonly childrenOf: (tunnel: string) => readonly ChildSaView[];
  readonly observations: Observations;
  /** What the data plane in use has refused, by the names of /proc/net/xfrm_stat. */
  readonly errors: ReadonlyMap<string, number>;
};

/** What the daemon can be watched by, as OpenMetrics. */
export function daemonMetrics({
  version,
  tunnels,
  statuses,
  childrenOf,
  observations,
  errors,
}: MeasuredDaemon): string {
  const policies = new Map(tunnels.map(({ name, policy }) => [name, policy]));
  const { user, system } = process.cpuUsage();
  return metricsText({
    ...version,
    tunnels: statuses.flatMap((status) => {
      const policy = policies.get(status.name);
      return policy === undefined ? [] : { status, pairs: measuredPairs(policy, childrenOf(status.name)) };
    }),
    counts: observations.counts,
    usage: observations.usage,
    xfrmErrors: errors,
    process: { cpuSeconds: (user + system) / 1e6, residentBytes: process.memoryUsage.rss() },
  });
}

function measuredPairs(policy: TunnelPolicy, children: readonly ChildSaView[]): MeasuredPair[] {
  const single = children.filter((child) => child.localSelectors.length === 1 && child.remoteSelectors.length === 1);
  const alone = pairStatuses(policy, single);
  return pairStatuses(policy, children).map((pair, index) => ({ ...pair, alone: alone[index]?.up === true }));
}
