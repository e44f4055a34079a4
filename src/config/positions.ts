import type { Configuration, Places, Tunnel } from './configuration.ts';
import type { Position } from './problem.ts';
import type { Source, ValuePath } from './source.ts';

/** Where a key of a tunnel stands; where the file says nothing of it, where the object stands that it belongs to. */
export type Place = Position & {
  /** In full: `tunnels.idc.ike.dhGroup`. */
  readonly key: string;
  readonly written: boolean;
};

/**
 * Finds a key by the ways to say it, of which at most one is written: `ike.dhGroup` or `ike.proposals`. Keys are those of the
 * tunnel, but for `peer.address` and `gateway.address`, which are those of the objects that it names.
 */
export function locate(configuration: Configuration, tunnel: Tunnel, ways: readonly string[]): Place | undefined {
  const places = ways.flatMap((way) => placeOf(configuration, tunnel, way) ?? []);
  return places.find(({ written }) => written) ?? places[0];
}

/**
 * Where each value stands that is written below a path, by the keys that lead there from it, joined by dots. It is looked
 * up when it is asked for: thousands of tunnels have tens of thousands of values, and hardly one is ever asked for.
 */
export function placesOf(source: Source, base: ValuePath): Places {
  return (way) => {
    const path = [...base, ...way.split('.')];
    return source.has(path) ? source.value(path) : undefined;
  };
}

function placeOf(configuration: Configuration, tunnel: Tunnel, way: string): Place | undefined {
  const { policy, name } = tunnel;
  const [object, ...rest] = way.split('.');
  if (rest.length > 0 && object === 'peer') {
    const peer = configuration.peers.find((candidate) => candidate.name === policy.peer);
    return peer === undefined ? undefined : at(`peers.${peer.name}.${rest.join('.')}`, peer, rest.join('.'));
  }
  if (rest.length > 0 && object === 'gateway') {
    const gateway = configuration.gateways.find((candidate) => candidate.name === policy.gateway);
    return gateway === undefined
      ? undefined
      : at(`gateways.${gateway.name}.${rest.join('.')}`, gateway, rest.join('.'));
  }
  return at(`tunnels.${name}.${way}`, tunnel, way);
}

function at(key: string, { origin, places }: Pick<Tunnel, 'origin' | 'places'>, way: string): Place {
  const written = places(way);
  return { key, written: written !== undefined, ...(written ?? origin) };
}
