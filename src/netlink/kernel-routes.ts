import type { AddressFamily, IpAddress } from '../base/net.ts';
import { addressFamily, addressToInteger } from '../base/net.ts';
import type { RouteSpec } from '../sa/data-plane.ts';
import { routeSlot } from '../sa/ledger.ts';
import type { Outcome } from '../sa/outcome.ts';
import { done, UNCHANGED } from '../sa/outcome.ts';
import type { TrafficSelector } from '../sa/traffic-selector.ts';
import { RTM_NEWADDR, RTM_NEWROUTE } from './constants.ts';
import type { Answer, NetlinkClient } from './netlink-client.ts';
import { contents } from './netlink-client.ts';
import { refused } from './refusal.ts';
import type { KernelRoute } from './route-messages.ts';
import {
  encodeDeleteRoute,
  encodeDumpAddresses,
  encodeLookupRoute,
  encodeNewRoute,
  parseLocalAddress,
  parseNextHop,
} from './route-messages.ts';

type Claim = { readonly owner: string; readonly route: RouteSpec };
/** `foreign`: somebody else's route leads there; it stays, and it is not ours to withdraw. */
type Slot = { readonly claims: readonly Claim[]; readonly foreign: boolean };

type Installed = { readonly ok: true; readonly foreign: boolean };
type Refused = Extract<Outcome, { ok: false }>;

/**
 * Our routes. A destination has one route in each table and of each metric, that of its eldest claim; the others follow
 * when it goes. Traffic is chosen by the policies: a route only brings it to where they apply.
 */
export class KernelRoutes {
  readonly #client: NetlinkClient;
  /** By destination, table and metric; no slot is without claims. */
  readonly #slots = new Map<string, Slot>();

  constructor(client: NetlinkClient) {
    this.#client = client;
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

  /** The way that the kernel takes to the peer, and the source address for the gateway's own packets. */
  #resolve(spec: RouteSpec): KernelRoute | Extract<Answer, { ok: false }> {
    const answer = this.#client.request(encodeLookupRoute(spec.via));
    if (!answer.ok) return answer;
    const [hop] = contents(answer, RTM_NEWROUTE, parseNextHop);
    if (hop === undefined) return { ok: false, code: 'ENETUNREACH' };
    const family = addressFamily(spec.destination.address);
    const source = this.#sourceWithin(spec.localSelectors, family);
    // A next hop of the other family cannot stand in the route; the interface is enough, as the packet is wrapped.
    const gateway = hop.gateway !== undefined && addressFamily(hop.gateway) === family ? { gateway: hop.gateway } : {};
    return {
      destination: spec.destination,
      table: spec.table,
      metric: spec.metric,
      interface: hop.interface,
      ...gateway,
      ...(source === undefined ? {} : { source }),
    };
  }

  #sourceWithin(selectors: readonly TrafficSelector[], family: AddressFamily): IpAddress | undefined {
    const answer = this.#client.request(encodeDumpAddresses(family));
    return contents(answer, RTM_NEWADDR, parseLocalAddress).find((address) =>
      selectors.some((selector) => covers(selector, address)),
    );
  }
}

function covers(selector: TrafficSelector, address: IpAddress): boolean {
  if (addressFamily(selector.start) !== addressFamily(address)) return false;
  const value = addressToInteger(address);
  return addressToInteger(selector.start) <= value && value <= addressToInteger(selector.end);
}

/** Whether two routes of one slot would be installed alike. */
function sameRoute(a: RouteSpec | undefined, b: RouteSpec | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return a.via === b.via && JSON.stringify(a.localSelectors) === JSON.stringify(b.localSelectors);
}

const NO_SLOT: Slot = { claims: [], foreign: false };
