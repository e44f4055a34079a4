import type { TunnelPolicy } from '../ike/common/policy.ts';
import type { HostFacts } from './facts.ts';
import type { Finding } from './finding.ts';

/** Who is configured to carry the packets. */
export type WantedDataPlane = 'auto' | 'kernel' | 'userspace';

/** One thing to look for. Of facts that are not known it says nothing. */
export type Check = (
  facts: HostFacts,
  tunnels: readonly TunnelPolicy[],
  dataplane: WantedDataPlane,
) => readonly Finding[];
