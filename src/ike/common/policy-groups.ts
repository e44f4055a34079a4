import { appendAt } from '../../base/append-at.ts';
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
  readonly #alike = new Map<string, TunnelPolicy[]>();

  constructor(policies: readonly TunnelPolicy[]) {
    this.#places = new Map(policies.map((policy, place) => [policy, place]));
    for (const policy of policies) {
      const { identity } = policy.remote;
      if (identity === undefined || policy.many !== undefined) this.#unnamed.push(policy);
      else appendAt(this.#byIdentity, identityKey(identity), policy);
      appendAt(this.#alike, openingOf(policy), policy);
    }
  }

  /** Those whose peer may be called so. */
  named(identity: Identity): TunnelPolicy[] {
    return this.#inOrder([...(this.#byIdentity.get(identityKey(identity)) ?? []), ...this.#unnamed]);
  }

  /** Of those that are the same to a peer which has not said yet who it is the first that will do. */
  firsts(willDo: (policy: TunnelPolicy) => boolean): TunnelPolicy[] {
    return this.#inOrder([...this.#alike.values()].flatMap((policies) => policies.find(willDo) ?? []));
  }

  #inOrder(policies: TunnelPolicy[]): TunnelPolicy[] {
    const placeOf = (policy: TunnelPolicy) => this.#places.get(policy) ?? 0;
    return policies.sort((a, b) => placeOf(a) - placeOf(b));
  }
}

/** All that counts of a tunnel before its peer has said who it is. */
function openingOf({ version, local, remote, ikeProposals, ppk, encapsulation }: TunnelPolicy): string {
  const ways = [version, local.address, local.alternatives, remote.address.kind];
  return JSON.stringify([...ways, ikeProposals, ppk !== undefined, encapsulation]);
}
