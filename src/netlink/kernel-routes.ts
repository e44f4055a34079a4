import type { IpAddress } from '../base/net.ts';
import { addressFamily, formatPrefix } from '../base/net.ts';
import type { RouteSpec } from '../sa/data-plane.ts';
import { routeSlot } from '../sa/ledger.ts';
import type { Outcome } from '../sa/outcome.ts';
import { done, UNCHANGED } from '../sa/outcome.ts';
import { RT_TABLE_MAIN, RTM_NEWROUTE } from './constants.ts';
import type { Answer, NetlinkClient } from './netlink-client.ts';
import { contents } from './netlink-client.ts';
import { firstWithin, ownAddresses } from './own-source.ts';
import { refused } from './refusal.ts';
import type { Elsewhere, InstalledRoute, KernelRoute, NextHop, NoHop } from './route-messages.ts';
import {
  encodeDeleteRoute,
  encodeDumpRoutes,
  encodeLookupRoute,
  encodeNewRoute,
  parseFoundRoute,
  parseOwnRoute,
} from './route-messages.ts';

type Claim = { readonly owner: string; readonly route: RouteSpec };
/** `foreign`: somebody else's route leads there; it stays, and it is not ours to withdraw. */
type Slot = { readonly claims: readonly Claim[]; readonly foreign: boolean };

/** Where packets for the destination of a route go, or why they cannot go anywhere. */
export type Way = (route: RouteSpec) => NextHop | NoHop | Elsewhere | Extract<Answer, { ok: false }>;

type Installed = { readonly ok: true; readonly foreign: boolean };
type Refused = Extract<Outcome, { ok: false }>;

/**
 * Our routes. A destination has one route in each table and of each metric, that of its eldest claim; the others follow
 * when it goes. Traffic is chosen by the policies: a route only brings it to where they apply.
 */
export class KernelRoutes {
  readonly #client: NetlinkClient;
  readonly #way: Way;
  /** By destination, table and metric; no slot is without claims. */
  readonly #slots = new Map<string, Slot>();

  /** Without a way of its own, a route leads where the kernel sends packets for the peer. */
  constructor(client: NetlinkClient, way: Way = towardsPeer(client)) {
    this.#client = client;
    this.#way = way;
  }

  /**
   * An owner that comes again replaces its route, also where it would be the same: the way to the peer is looked up
   * anew, as addresses of this machine may have changed.
   */
  add(owner: string, route: RouteSpec): Outcome {
    const claims = this.#claims(route);
    const claim = { owner, route };
    const held = claims.some((other) => other.owner === owner);
    if (!held) return this.#settle(route, [...claims, claim]);
    const renewed = claims.map((other) => (other.owner === owner ? claim : other));
    return this.#settle(route, renewed, { anew: claims[0]?.owner === owner });
  }

  remove(owner: string, route: RouteSpec): Outcome {
    const claims = this.#claims(route);
    const rest = claims.filter((claim) => claim.owner !== owner);
    return rest.length === claims.length ? UNCHANGED : this.#settle(route, rest);
  }

  /**
   * Installs again what the kernel should have and has not, because an interface went down or somebody removed it, and
   * what has a source that is no longer the right one. How many there were.
   */
  repair(): number {
    const there = new Map(this.#dump().map((route) => [installedKey(route), route]));
    const own = ([4, 6] as const).flatMap((family) => ownAddresses(this.#client, family));
    let repaired = 0;
    for (const { claims, foreign } of this.#slots.values()) {
      const route = claims[0]?.route;
      if (route === undefined || foreign) continue;
      const found = there.get(installedKey(route));
      if (found !== undefined && found.source === firstWithin(own, route.localSelectors)) continue;
      if (found !== undefined) this.#withdraw(route);
      if (this.#install(route).ok) repaired++;
    }
    return repaired;
  }

  /** Removes the routes with our mark in the tables of these numbers that are not in use: a killed run left them. How many. */
  removeLeftovers(tables: { readonly first: number; readonly last: number }): number {
    const held = new Set(
      [...this.#slots.values()].flatMap(({ claims }) => claims.map(({ route }) => installedKey(route))),
    );
    const leftovers = this.#dump().filter(
      (route) => route.table >= tables.first && route.table <= tables.last && !held.has(installedKey(route)),
    );
    return leftovers.filter((route) => this.#client.request(encodeDeleteRoute(route.destination, route)).ok).length;
  }

  clear(): void {
    for (const { claims } of [...this.#slots.values()]) {
      const first = claims[0];
      if (first !== undefined) this.#settle(first.route, []);
    }
  }

  #claims(route: RouteSpec): readonly Claim[] {
    return this.#slots.get(routeSlot(route))?.claims ?? [];
  }

  /** Gives the destination its new claims and brings the kernel into line. */
  #settle(route: RouteSpec, claims: readonly Claim[], { anew } = { anew: false }): Outcome {
    const key = routeSlot(route);
    const slot = this.#slots.get(key) ?? NO_SLOT;
    const after = claims[0]?.route;
    const unchanged = !anew && sameRoute(slot.claims[0]?.route, after);
    const exchanged = unchanged ? { ok: true as const, foreign: slot.foreign } : this.#exchange(slot, after);
    if (!exchanged.ok) return exchanged;
    if (claims.length === 0) this.#slots.delete(key);
    else this.#slots.set(key, { claims, foreign: exchanged.foreign });
    return done(() => void this.#settle(route, slot.claims));
  }

  #exchange({ claims, foreign }: Slot, after: RouteSpec | undefined): Installed | Refused {
    const before = claims[0]?.route;
    const withdrawn = before === undefined || foreign ? UNCHANGED : this.#withdraw(before);
    if (!withdrawn.ok) return withdrawn;
    if (after === undefined) return { ok: true, foreign: false };
    const installed = this.#install(after);
    if (!installed.ok && before !== undefined) this.#install(before);
    return installed;
  }

  #install(spec: RouteSpec): Installed | Refused {
    const operation = `add route ${routeSlot(spec)}`;
    const route = this.#resolve(spec);
    if (!('destination' in route)) return refused(operation, route);
    let answer = this.#client.request(encodeNewRoute(route));
    // One with our protocol number is left from a run of ours that was killed; the kernel deletes no other.
    if (!answer.ok && answer.code === 'EEXIST' && this.#client.request(encodeDeleteRoute(spec.destination, spec)).ok) {
      answer = this.#client.request(encodeNewRoute(route));
    }
    if (answer.ok) return { ok: true, foreign: false };
    return answer.code === 'EEXIST' ? { ok: true, foreign: true } : refused(operation, answer);
  }

  #withdraw(route: RouteSpec): Outcome {
    const answer = this.#client.request(encodeDeleteRoute(route.destination, route));
    // Gone already: the interface went down, or somebody deleted it.
    return answer.ok || answer.code === 'ESRCH' ? UNCHANGED : refused(`remove route ${routeSlot(route)}`, answer);
  }

  /** The way, and the source address for the gateway's own packets. */
  #resolve(spec: RouteSpec): KernelRoute | Extract<Answer, { ok: false }> {
    const way = this.#way(spec);
    if ('code' in way) return way;
    const source = this.#sourceOf(spec);
    return {
      destination: spec.destination,
      table: spec.table,
      metric: spec.metric,
      ...way,
      ...(source === undefined ? {} : { source }),
    };
  }

  /** An own address within the local selectors, where there are any. */
  #sourceOf({ localSelectors, destination }: RouteSpec): IpAddress | undefined {
    if (localSelectors.length === 0) return undefined;
    return firstWithin(ownAddresses(this.#client, addressFamily(destination.address)), localSelectors);
  }

  #dump(): InstalledRoute[] {
    return ([4, 6] as const).flatMap((family) =>
      contents(this.#client.request(encodeDumpRoutes(family)), RTM_NEWROUTE, parseOwnRoute),
    );
  }
}

/** The way that the kernel takes to the peer. */
function towardsPeer(client: NetlinkClient): Way {
  return ({ via, destination }) => {
    const answer = client.request(encodeLookupRoute(via));
    if (!answer.ok) return answer;
    const [hop] = contents(answer, RTM_NEWROUTE, parseFoundRoute);
    if (hop === undefined) return { ok: false, code: 'ENETUNREACH' };
    const { gateway } = hop;
    // A next hop of the other family cannot stand in the route; the interface is enough, as the packet is wrapped.
    const fits = gateway !== undefined && addressFamily(gateway) === addressFamily(destination.address);
    return { interface: hop.interface, ...(fits ? { gateway } : {}) };
  };
}

/** A destination has one route in each table and of each metric, which the kernel tells in numbers. */
function installedKey({ destination, table = RT_TABLE_MAIN, metric }: InstalledRoute | RouteSpec): string {
  const usual = addressFamily(destination.address) === 6 ? IPV6_METRIC : 0;
  return `${formatPrefix(destination)} ${table} ${metric ?? usual}`;
}

/** Whether two routes of one slot would be installed alike. */
function sameRoute(a: RouteSpec | undefined, b: RouteSpec | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return a.via === b.via && JSON.stringify(a.localSelectors) === JSON.stringify(b.localSelectors);
}

const NO_SLOT: Slot = { claims: [], foreign: false };
/** What the kernel gives an IPv6 route without a metric. */
const IPV6_METRIC = 1024;
