import { withOwnAddresses } from './common/own-addresses.ts';
import { Policies } from './common/policies.ts';
import type { TunnelPolicy } from './common/policy.ts';
import { Contacts } from './contacts.ts';
import type { CoreState } from './core-state.ts';
import { instancePolicies } from './instances.ts';

/**
 * The tunnels as they are configured, and what follows from that: how they are in force on this machine now, with those
 * of single peers of tunnels for many, and which of them join the same two identities.
 */
export class Configured {
  policies = new Policies([]);
  contacts = new Contacts([]);
  readonly #state: CoreState;
  #tunnels = new Map<string, TunnelPolicy>();

  constructor(state: CoreState, tunnels: readonly TunnelPolicy[]) {
    this.#state = state;
    this.replace(tunnels);
  }

  /** The policies are another object from then on: what was in force before can still be looked at. */
  replace(tunnels: readonly TunnelPolicy[]): void {
    this.#tunnels = new Map(tunnels.map((policy) => [policy.name, policy]));
    const inForce = withOwnAddresses(tunnels, this.#state.ownAddresses);
    this.policies = new Policies(inForce);
    for (const policy of instancePolicies(this.#state, inForce)) this.policies.set(policy.name, policy);
    this.contacts = new Contacts(tunnels);
  }

  /** Further ones, of names that nobody has; as they are in force. */
  add(tunnels: readonly TunnelPolicy[]): TunnelPolicy[] {
    for (const policy of tunnels) {
      this.#tunnels.set(policy.name, policy);
      this.contacts.add(policy);
    }
    const inForce = withOwnAddresses(tunnels, this.#state.ownAddresses);
    for (const policy of inForce) this.policies.set(policy.name, policy);
    return inForce;
  }

  /** Those of these names, none of which is for many peers; as they were in force. */
  remove(names: readonly string[]): TunnelPolicy[] {
    const removed = names.flatMap((name) => this.policies.get(name) ?? []);
    for (const name of names) {
      const policy = this.#tunnels.get(name);
      if (policy !== undefined) this.contacts.remove(policy);
      this.#tunnels.delete(name);
      this.policies.delete(name);
    }
    return removed;
  }

  /** The gateway has other addresses now. */
  move(gateway: string): void {
    const names = this.policies.ofGateway(gateway).map(({ name }) => name);
    const tunnels = names.flatMap((name) => this.#tunnels.get(name) ?? []);
    const inForce = withOwnAddresses(tunnels, this.#state.ownAddresses);
    for (const policy of inForce) this.policies.set(policy.name, policy);
    for (const policy of instancePolicies(this.#state, inForce))
      if (this.policies.get(policy.name)?.template !== undefined) this.policies.set(policy.name, policy);
  }
}
