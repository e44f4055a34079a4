import type { Configuration, Tunnel } from '../config/configuration.ts';

/** Thousands are asked for one by one: they are looked for once for each configuration, which never changes. */
const known = new WeakMap<readonly Tunnel[], Map<string, Tunnel>>();

export function tunnelNamed({ tunnels }: Pick<Configuration, 'tunnels'>, name: string): Tunnel | undefined {
  const byName = known.get(tunnels) ?? new Map(tunnels.map((tunnel) => [tunnel.name, tunnel]));
  known.set(tunnels, byName);
  return byName.get(name);
}

/** `after` comes in the place of `before`, and has these more or these no longer. */
export function passNamesOn(
  before: readonly Tunnel[],
  after: readonly Tunnel[],
  { added = [], removed = [] }: { readonly added?: readonly Tunnel[]; readonly removed?: readonly Tunnel[] },
): void {
  const byName = known.get(before);
  if (byName === undefined) return;
  known.delete(before);
  for (const { name } of removed) byName.delete(name);
  for (const tunnel of added) byName.set(tunnel.name, tunnel);
  known.set(after, byName);
}
