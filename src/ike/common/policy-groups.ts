import { appendAt } from '../../base/append-at.ts';
import type { IpAddress } from '../../base/net.ts';
import { type Identity, identityKey } from '../../sa/identity.ts';
import type { TunnelPolicy } from './policy.ts';

/**
 * Tunnels whose peers may call from the same place, of which there may be thousands that only their identities tell
 * apart: those that a handshake is about are found without a look at all of them.
 */
export class PolicyGroups {
  readonly #places: ReadonlyMap<TunnelPolicy, number>;
  readonly #byIdentity = new Map<string, TunnelPolicy[]>();
  /** For many peers, or for one that need not be of one name. */
  readonly #unnamed: TunnelPolicy[] = [];
  /** By our address that they are called at. */
  readonly #alike = new Map<IpAddress, Map<string, TunnelPolicy[]>>();

  constructor(policies: readonly TunnelPolicy[]) {
    this.#places = new Map(policies.map((policy, place) => [policy, place]));
    for (const policy of policies) {
      const { identity } = policy.remote;
      if (identity === undefined || policy.many !== undefined) this.#unnamed.push(policy);
      else appendAt(this.#byIdentity, identityKey(identity), policy);
      this.#enter(policy);
    }
  }

  /** Those whose peer may be called so. */
  named(identity: Identity): TunnelPolicy[] {
    return this.#inOrder([...(this.#byIdentity.get(identityKey(identity)) ?? []), ...this.#unnamed]);
  }

  /** Of those at `local` that are the same to a peer which has not said yet who it is the first that will do. */
  firsts(local: IpAddress, willDo: (policy: TunnelPolicy) => boolean): TunnelPolicy[] {
    const alike = this.#alike.get(local) ?? new Map<string, TunnelPolicy[]>();
    return this.#inOrder([...alike.values()].flatMap((policies) => policies.find(willDo) ?? []));
  }

  #enter(policy: TunnelPolicy): void {
    const opening = openingOf(policy);
    const { address, alternatives = [] } = policy.local;
    for (const own of new Set([address, ...alternatives])) {
      const alike = this.#alike.get(own) ?? new Map<string, TunnelPolicy[]>();
      this.#alike.set(own, alike);
      appendAt(alike, opening, policy);
    }
  }

  #inOrder(policies: TunnelPolicy[]): TunnelPolicy[] {
    const placeOf = (policy: TunnelPolicy) => this.#places.get(policy) ?? 0;
    return policies.sort((a, b) => placeOf(a) - placeOf(b));
  }
}

/** All that counts of a tunnel before its peer has said who it is. */
function openingOf({ version, remote, ikeProposals, ppk, encapsulation }: TunnelPolicy): string {
  return JSON.stringify([version, remote.address.kind, ikeProposals, ppk !== undefined, encapsulation]);
}
