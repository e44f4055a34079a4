import type { Configuration, Tunnel } from '../config/configuration.ts';

/** Thousands are asked for one by one: they are looked for once for each configuration, which never changes. */
const known = new WeakMap<readonly Tunnel[], ReadonlyMap<string, Tunnel>>();

export function tunnelNamed({ tunnels }: Pick<Configuration, 'tunnels'>, name: string): Tunnel | undefined {
  const byName = known.get(tunnels) ?? new Map(tunnels.map((tunnel) => [tunnel.name, tunnel]));
  known.set(tunnels, byName);
  return byName.get(name);
}
