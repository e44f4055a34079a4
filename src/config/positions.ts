import type { Configuration, Tunnel } from './configuration.ts';
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

/** Where each value stands that is written below a path, by the keys that lead there from it, joined by dots. */
export function placesOf(source: Source, base: ValuePath, value: unknown): Record<string, Position> {
  const places: Record<string, Position> = {};
  const collect = (keys: readonly string[], object: unknown): void => {
    if (typeof object !== 'object' || object === null || Array.isArray(object)) return;
    for (const [key, inner] of Object.entries(object)) {
      const path = [...keys, key];
      // What the schema has made of a value has keys of its own, which the file does not.
      if (!source.has([...base, ...path])) continue;
      places[path.join('.')] = source.value([...base, ...path]);
      collect(path, inner);
    }
  };
  collect([], value);
  return places;
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
  const written = Object.hasOwn(places, way) ? places[way] : undefined;
  return { key, written: written !== undefined, ...(written ?? origin) };
}
