import type { TunnelPolicy } from '../ike/common/policy.ts';
import type { HostFacts } from './facts.ts';
import type { Finding } from './finding.ts';

/** One thing to look for. Of facts that are not known it says nothing. */
export type Check = (facts: HostFacts, tunnels: readonly TunnelPolicy[]) => readonly Finding[];
