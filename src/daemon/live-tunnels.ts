import { appendAt } from '../base/append-at.ts';
import type { Configuration, Tunnel } from '../config/configuration.ts';
import type { TunnelPolicy } from '../ike/common/policy.ts';
import { tunnelNamed } from './tunnel-named.ts';

/** The tunnels of the configuration, each of those for many peers with the ones that its peers have at the moment. */
export function liveTunnels(configured: readonly Tunnel[], instances: readonly TunnelPolicy[]): Tunnel[] {
  if (instances.length === 0) return [...configured];
  const peers = new Map<string, TunnelPolicy[]>();
  for (const policy of instances) appendAt(peers, policy.template ?? '', policy);
  return configured.flatMap((tunnel) => [
    tunnel,
    ...(peers.get(tunnel.name) ?? []).map((policy) => ({ ...tunnel, name: policy.name, policy })),
  ]);
}

/** One of them; undefined where there is none of the name. */
export function liveTunnel(
  configuration: Pick<Configuration, 'tunnels'>,
  name: string,
  instance: TunnelPolicy | undefined,
): Tunnel | undefined {
  if (instance === undefined) return tunnelNamed(configuration, name);
  const template = tunnelNamed(configuration, instance.template ?? '');
  return template && { ...template, name, policy: instance };
}
