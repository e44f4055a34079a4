import { u32Hex } from '../base/bytes.ts';
import { formatPrefix } from '../base/net.ts';
import type { Mark, PolicySpec, RouteSpec, SaKey } from './data-plane.ts';
import { selectorKey } from './traffic-selector.ts';

/**
 * Who holds what in a data plane. Policies and routes are shared, for instance by an SA and its successor: each is in
 * the kernel as long as one owner holds it. Pure bookkeeping; whoever keeps it does the work that the answers ask for.
 */
export class Ledger {
  /** Owners in the order in which they came. */
  readonly #ownersByKey = new Map<string, Set<string>>();

  /** Whether the key had no owner before: then it must be installed. Acquiring twice counts once. */
  acquire(owner: string, key: string): boolean {
    const owners = this.#ownersByKey.get(key);
    if (owners === undefined) {
      this.#ownersByKey.set(key, new Set([owner]));
      return true;
    }
    owners.add(owner);
    return false;
  }

  /** Whether the key lost its last owner: then it must be removed. Releasing what is not held changes nothing. */
  release(owner: string, key: string): boolean {
    const owners = this.#ownersByKey.get(key);
    if (owners === undefined || !owners.delete(owner) || owners.size > 0) return false;
    this.#ownersByKey.delete(key);
    return true;
  }

  holds(owner: string, key: string): boolean {
    return this.#ownersByKey.get(key)?.has(owner) ?? false;
  }

  has(key: string): boolean {
    return this.#ownersByKey.has(key);
  }

  /** The owners of a key, the eldest first. */
  owners(key: string): readonly string[] {
    return [...(this.#ownersByKey.get(key) ?? [])];
  }

  /** All that is held by anyone, in the order of its first acquisition. */
  keys(): readonly string[] {
    return [...this.#ownersByKey.keys()];
  }
}

/**
 * What makes two policies the same one: direction, selectors, mark and interface, and action. The template is not part of it: a policy
 * that comes again with another template (after the peer moved, or for a successor) replaces the one that is there.
 */
export function policyKey(policy: PolicySpec): string {
  return `${policySlot(policy)} ${policy.action}`;
}

/** The place that a policy takes in a kernel, which has room for one of them whatever its action. */
export function policySlot(policy: PolicySpec): string {
  return `${policy.direction} ${selectorKey(policy.source)} ${selectorKey(policy.destination)}${apartKey(policy)}`;
}

/** What tells policies of one selector apart; empty for nothing. */
export function apartKey({ mark, ifId }: { readonly mark?: Mark; readonly ifId?: number }): string {
  return (mark === undefined ? '' : ` mark ${mark.value}/${mark.mask}`) + (ifId === undefined ? '' : ` if ${ifId}`);
}

/** A route is the same where it leads to the same place by the same peer; its source address may differ. */
export function routeKey(route: RouteSpec): string {
  return `${routeSlot(route)} via ${route.via}`;
}

/** The place that a route takes in a kernel, which tells those to one destination apart by table and metric. */
export function routeSlot({ destination, table, metric }: RouteSpec): string {
  const place = [table === undefined ? '' : ` table ${table}`, metric === undefined ? '' : ` metric ${metric}`];
  return formatPrefix(destination) + place.join('');
}

/** What identifies an SA in a kernel. */
export function saKey(sa: SaKey): string {
  return `${sa.protocol} ${sa.destination} ${u32Hex(sa.spi)}`;
}
