import type { IpAddress, Prefix } from '../../base/net.ts';
import { addressFamily, formatPrefix } from '../../base/net.ts';
import { RTM_NEWROUTE } from '../../netlink/constants.ts';
import { KernelRoutes } from '../../netlink/kernel-routes.ts';
import { KernelRules } from '../../netlink/kernel-rules.ts';
import type { NetlinkClient } from '../../netlink/netlink-client.ts';
import { contents } from '../../netlink/netlink-client.ts';
import { coversAddress } from '../../netlink/own-source.ts';
import type { Elsewhere, NoHop } from '../../netlink/route-messages.ts';
import { encodeLookupRoute, parseFoundRoute } from '../../netlink/route-messages.ts';
import type { KernelRule } from '../../netlink/rule-messages.ts';
import { ruleKey } from '../../netlink/rule-messages.ts';
import type { PolicySpec, RouteSpec } from '../../sa/data-plane.ts';
import { policyKey, routeSlot } from '../../sa/ledger.ts';
import type { Outcome } from '../../sa/outcome.ts';
import { all, done } from '../../sa/outcome.ts';
import type { TrafficSelector } from '../../sa/traffic-selector.ts';
import { selectorToPrefixes } from '../../sa/traffic-selector.ts';
import type { RouteStore } from '../../sa/transaction.ts';
import {
  commonRules,
  DIVERSION_PRIORITIES,
  hostRules,
  LAST_TABLE,
  OWN_TABLE,
  ownRule,
  segmentRule,
  TUNNEL_MARK,
} from './diversion-rules.ts';

/** What stands in the kernel for a policy or a route of ours. */
type Row = { readonly rule: KernelRule } | { readonly route: RouteSpec };

/**
 * What leads packets into the TUN interface: all that an outbound policy covers, and this machine's own packets where
 * a tunnel has routes. See `diversion-rules.ts`.
 *
 * Where this process is killed, the TUN goes, and its routes with it; the rules and backstops stay, so that nothing
 * leaves in clear text until the next run takes them over.
 */
export class TunRoutes implements RouteStore {
  readonly #client: NetlinkClient;
  readonly #rules: KernelRules;
  readonly #routes: KernelRoutes;
  /** By owner and what it holds them for. */
  readonly #held = new Map<string, readonly Row[]>();
  /** By source prefix; a number is not used again for another. */
  readonly #tables = new Map<string, number>();

  /** `tun` is the index of the interface. */
  constructor(client: NetlinkClient, tun: number) {
    this.#client = client;
    this.#rules = new KernelRules(client);
    this.#routes = new KernelRoutes(
      client,
      ({ metric }) => (metric === undefined ? undefined : SPECIAL_WAYS.get(metric)) ?? { interface: tun },
    );
  }

  /**
   * Leads what an outbound policy covers into the TUN, also where it is blocked there; what bypasses all tunnels is led
   * around. An owner that comes again replaces it.
   */
  divert(owner: string, policy: PolicySpec): Outcome {
    const rows = this.#rowsOf(policy);
    return rows === undefined ? NO_TABLE : this.#settle(`${owner} ${policyKey(policy)}`, rows);
  }

  /** What other policies cover too stays. */
  release(owner: string, policy: PolicySpec): Outcome {
    return this.#settle(`${owner} ${policyKey(policy)}`, []);
  }

  /**
   * A route of a tunnel, for this machine's own packets: those of others are led by `divert`. It is in a table of ours
   * unless it has one of its own. All of the Internet is left to the default route, as the kernel's data plane does.
   * Where the owner comes again, the source is looked up anew, as addresses of this machine may have changed.
   */
  add(owner: string, route: RouteSpec): Outcome {
    return this.#settle(routeOwner(owner, route), routeRows(route), { anew: true });
  }

  remove(owner: string, route: RouteSpec): Outcome {
    return this.#settle(routeOwner(owner, route), []);
  }

  /** Puts back what somebody has removed. How many. */
  repair(): number {
    return this.#routes.repair() + this.#rules.repair();
  }

  /** Removes what a killed run left and this one has not taken over; to be called when the policies stand. How many. */
  removeLeftovers(): number {
    const rules = this.#rules.removeLeftovers(Object.values(DIVERSION_PRIORITIES));
    return rules + this.#routes.removeLeftovers({ first: OWN_TABLE, last: LAST_TABLE });
  }

  clear(): void {
    this.#rules.clear();
    this.#routes.clear();
    this.#held.clear();
  }

  /** Gives a holder its new rows; those that it has already are left alone, unless its routes are to be made anew. */
  #settle(holder: string, rows: readonly Row[], { anew } = { anew: false }): Outcome {
    const before = this.#held.get(holder) ?? [];
    const had = new Set(before.map(rowKey));
    const wanted = new Set(rows.map(rowKey));
    const added = rows.filter((row) => !had.has(rowKey(row)) || (anew && 'route' in row));
    const removed = before.filter((row) => !wanted.has(rowKey(row))).reverse();
    const outcome = all([
      ...added.map((row) => () => this.#add(holder, row)),
      ...removed.map((row) => () => this.#remove(holder, row)),
    ]);
    if (!outcome.ok) return outcome;
    this.#keep(holder, rows);
    return done(() => {
      outcome.undo();
      this.#keep(holder, before);
    });
  }

  #keep(holder: string, rows: readonly Row[]): void {
    if (rows.length === 0) this.#held.delete(holder);
    else this.#held.set(holder, rows);
  }

  #add(holder: string, row: Row): Outcome {
    return 'rule' in row ? this.#rules.add(holder, row.rule) : this.#routes.add(holder, row.route);
  }

  #remove(holder: string, row: Row): Outcome {
    return 'rule' in row ? this.#rules.remove(holder, row.rule) : this.#routes.remove(holder, row.route);
  }

  /** In the order in which they are added: no rule before what it leads to. Undefined where there is no table left. */
  #rowsOf(policy: PolicySpec): readonly Row[] | undefined {
    const family = addressFamily(policy.source.start);
    const destinations = selectorToPrefixes(policy.destination);
    const rows: Row[] = [...commonRules(family), ...hostRules(policy)].map(asRow);
    for (const source of selectorToPrefixes(policy.source)) {
      const table = this.#tableOf(source);
      if (table === undefined) return undefined;
      if (policy.action === 'bypass') {
        rows.push(...destinations.map((destination) => around(destination, table)));
        continue;
      }
      // Only where the rule is for any source may the source be one that has still to be chosen.
      const localSelectors = source.length === 0 ? [policy.source] : [];
      rows.push(...destinations.flatMap((destination) => diversion(destination, table, localSelectors)));
      rows.push({ rule: segmentRule(source, table) });
    }
    if (policy.action === 'bypass') return [...rows, ...destinations.map((one) => around(one, OWN_TABLE))];
    const own = destinations.filter((destination) => this.#sendsFromWithin(policy, destination));
    if (own.length === 0) return rows;
    rows.push(...own.flatMap((destination) => diversion(destination, OWN_TABLE, [policy.source])));
    return [...rows, { rule: ownRule(family) }];
  }

  #tableOf(source: Prefix): number | undefined {
    const key = formatPrefix(source);
    const table = this.#tables.get(key) ?? OWN_TABLE + 1 + this.#tables.size;
    if (table > LAST_TABLE) return undefined;
    this.#tables.set(key, table);
    return table;
  }

  /** Whether this machine's own packets to the destination, with no source yet, would get one that the policy covers. */
  #sendsFromWithin({ source }: PolicySpec, destination: Prefix): boolean {
    const answer = this.#client.request(encodeLookupRoute(someAddress(destination), TUNNEL_MARK));
    const [found] = contents(answer, RTM_NEWROUTE, parseFoundRoute);
    return found?.source !== undefined && coversAddress(source, found.source);
  }
}

/** The rows of a route of a tunnel. */
function routeRows(route: RouteSpec): readonly Row[] {
  const family = addressFamily(route.destination.address);
  if (route.table !== undefined) return [{ route }];
  if (route.destination.length === 0) return [];
  return [...commonRules(family).map(asRow), { route: { ...route, table: OWN_TABLE } }, { rule: ownRule(family) }];
}

/** The way into the TUN, and what is there when that is not. */
function diversion(destination: Prefix, table: number, localSelectors: readonly TrafficSelector[]): readonly Row[] {
  const route = { destination, via: destination.address, localSelectors, table };
  return [{ route: { ...route, localSelectors: [], metric: BACKSTOP_METRIC } }, { route }];
}

/** On to the tables of this machine, past wider ways into the TUN; a tunnel of the very same destination comes first. */
function around(destination: Prefix, table: number): Row {
  return { route: { destination, via: destination.address, localSelectors: [], table, metric: AROUND_METRIC } };
}

function asRow(rule: KernelRule): Row {
  return { rule };
}

function rowKey(row: Row): string {
  return 'rule' in row ? ruleKey(row.rule) : routeSlot(row.route);
}

function routeOwner(owner: string, route: RouteSpec): string {
  return `${owner} route ${routeSlot(route)}`;
}

/** One that stands for all of the prefix; the first of all addresses is none that could be asked for. */
function someAddress({ address, length }: Prefix): IpAddress {
  if (length > 0) return address;
  return addressFamily(address) === 4 ? '192.0.2.1' : '2001:db8::1';
}

/** Behind every other route of the destination. */
const BACKSTOP_METRIC = 0xffff_ffff;
const AROUND_METRIC = 0xffff_fffe;
const SPECIAL_WAYS: ReadonlyMap<number, NoHop | Elsewhere> = new Map<number, NoHop | Elsewhere>([
  [BACKSTOP_METRIC, { unreachable: true }],
  [AROUND_METRIC, { throw: true }],
]);
const NO_TABLE: Outcome = {
  ok: false,
  failure: { operation: 'divert into the TUN', code: 'ENOSPC', detail: 'too many local segments' },
};
