import { appendAt } from '../../base/append-at.ts';
import type { Configuration, Tunnel } from '../../config/configuration.ts';
import type { SelectionByName, ViciNames } from '../../control/vici/vici-api.ts';
import { tunnelNamed } from '../tunnel-named.ts';

/**
 * One that was loaded has the names of its file; a tunnel of ours is a connection with one child. What peers of a tunnel
 * for many have is called as that is.
 */
export function viciNames(configuration: Configuration, tunnel: string): ViciNames {
  const found = tunnelNamed(configuration, tunnel) ?? templateOf(configuration, tunnel);
  return found === undefined ? { connection: tunnel, child: tunnel } : namesOf(found);
}

/** The tunnels of a connection, of children of one name, or both, in the order of the configuration. */
export function tunnelsCalled(configuration: Configuration, { ike, child }: SelectionByName): readonly Tunnel[] {
  if (ike === undefined && child === undefined) return configuration.tunnels;
  const { connections, children } = byNames(configuration);
  if (ike === undefined) return children.get(child ?? '') ?? [];
  const found = connections.get(ike) ?? [];
  return child === undefined ? found : found.filter((tunnel) => namesOf(tunnel).child === child);
}

type ByNames = {
  readonly connections: ReadonlyMap<string, readonly Tunnel[]>;
  readonly children: ReadonlyMap<string, readonly Tunnel[]>;
};

/** A command is mostly about one of thousands: they are put in order once for each configuration, which never changes. */
const known = new WeakMap<readonly Tunnel[], ByNames>();

function byNames({ tunnels }: Configuration): ByNames {
  const found = known.get(tunnels);
  if (found !== undefined) return found;
  const [connections, children] = [new Map<string, Tunnel[]>(), new Map<string, Tunnel[]>()];
  for (const tunnel of tunnels) {
    const { connection, child } = namesOf(tunnel);
    appendAt(connections, connection, tunnel);
    appendAt(children, child, tunnel);
  }
  const made = { connections, children };
  known.set(tunnels, made);
  return made;
}

function namesOf({ name, loaded }: Tunnel): ViciNames {
  return { connection: loaded?.connection ?? name, child: loaded?.child ?? name };
}

/** The tunnel for many peers that one of a single peer is made from: its name begins that of the other, up to an @. */
function templateOf(configuration: Configuration, instance: string): Tunnel | undefined {
  for (let at = instance.lastIndexOf('@'); at > 0; at = instance.lastIndexOf('@', at - 1)) {
    const tunnel = tunnelNamed(configuration, instance.slice(0, at));
    if (tunnel?.policy.many !== undefined) return tunnel;
  }
  return undefined;
}
