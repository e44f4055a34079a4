import type { IpAddress } from '../base/net.ts';
import type { RoutePlace, RouteSpec } from './data-plane.ts';
import { selectorToPrefixes, type TrafficSelector } from './traffic-selector.ts';

/** Whether a tunnel has routes to its remote selectors, and where they are if that is not the main table. */
export type RouteChoice = boolean | RoutePlace;

/**
 * The routes that lead the remote selectors to the peer. All of the Internet is left to the default route of the machine,
 * by which the peer itself is reached: one of ours has to stand in a table of its own.
 */
export function routesTo(
  choice: RouteChoice,
  { remote, local, via }: { remote: readonly TrafficSelector[]; local: readonly TrafficSelector[]; via: IpAddress },
): RouteSpec[] {
  if (choice === false) return [];
  const place = choice === true ? {} : choice;
  return remote
    .flatMap(selectorToPrefixes)
    .filter(({ length }) => length > 0 || place.table !== undefined)
    .map((destination) => ({ destination, via, localSelectors: local, ...place }));
}
