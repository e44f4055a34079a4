import type { Configuration, Tunnel } from '../../config/configuration.ts';

/** A list of thousands asks for the tunnel of each of its rows: they are looked for once for each configuration. */
const known = new WeakMap<readonly Tunnel[], ReadonlyMap<string, Tunnel>>();

export function tunnelNamed({ tunnels }: Pick<Configuration, 'tunnels'>, name: string): Tunnel | undefined {
  const byName = known.get(tunnels) ?? new Map(tunnels.map((tunnel) => [tunnel.name, tunnel]));
  known.set(tunnels, byName);
  return byName.get(name);
}
