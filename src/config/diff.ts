import { equalBytes, toHex } from '../base/bytes.ts';
import type { Configuration, Tunnel } from './configuration.ts';

export type TunnelChange = {
  readonly tunnel: string;
  readonly change: 'unchanged' | 'changed' | 'added' | 'removed';
};

/**
 * What a new configuration means for each tunnel: those of `after` in its order, then those that are gone. Only what
 * the tunnel does counts (its policy with everything that it takes from gateway and peer, and whether it is enabled);
 * labels, remarks and the way a value is written do not.
 */
export function diffConfigurations(before: Configuration, after: Configuration): TunnelChange[] {
  const old = new Map(before.tunnels.map((tunnel) => [tunnel.name, tunnel]));
  const kept = after.tunnels.map((tunnel): TunnelChange => {
    const earlier = old.get(tunnel.name);
    old.delete(tunnel.name);
    if (earlier === undefined) return { tunnel: tunnel.name, change: 'added' };
    return { tunnel: tunnel.name, change: sameTunnel(earlier, tunnel) ? 'unchanged' : 'changed' };
  });
  return [...kept, ...[...old.keys()].map((tunnel): TunnelChange => ({ tunnel, change: 'removed' }))];
}

function sameTunnel(a: Tunnel, b: Tunnel): boolean {
  return (
    a.enabled === b.enabled &&
    canonical(a.policy) === canonical(b.policy) &&
    // All keys are our own operator's, and nobody else can ask for this comparison: ordinary comparison will do.
    equalBytes(a.policy.psk.expose(), b.policy.psk.expose()) &&
    equalBytes(ppkOf(a), ppkOf(b))
  );
}

/** Whether there is one at all shows in the rest of the policy. */
function ppkOf({ policy }: Tunnel): Uint8Array {
  return policy.ppk?.secret.expose() ?? new Uint8Array(0);
}

/** A policy is built with its keys always in the same order. Its secrets turn into a constant word. */
function canonical(policy: Tunnel['policy']): string {
  return JSON.stringify(policy, (_, value: unknown) => (value instanceof Uint8Array ? toHex(value) : value));
}
