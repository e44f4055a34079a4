import type { IpAddress } from '../../base/net.ts';
import type { TunnelPolicy } from './policy.ts';

/**
 * The tunnels in force, by name. What every handshake asks for is found without a look at all of them, of which there
 * may be thousands. It never changes once it is made.
 */
export class Policies extends Map<string, TunnelPolicy> {
  readonly #atAddress = new Map<IpAddress, TunnelPolicy[]>();
  readonly #atName: TunnelPolicy[] = [];
  readonly #anywhere: TunnelPolicy[] = [];
  readonly #ofPeer = new Map<string, TunnelPolicy[]>();

  constructor(policies: readonly TunnelPolicy[]) {
    super(policies.map((policy) => [policy.name, policy]));
    for (const policy of this.values()) {
      const { address } = policy.remote;
      if (address.kind === 'address') append(this.#atAddress, address.address, policy);
      else (address.kind === 'name' ? this.#atName : this.#anywhere).push(policy);
      append(this.#ofPeer, policy.peer, policy);
    }
  }

  /** Those whose peer may be at this address, the most specific first. */
  towards(remote: IpAddress): readonly TunnelPolicy[] {
    return [...(this.#atAddress.get(remote) ?? []), ...this.#atName, ...this.#anywhere];
  }

  ofPeer(peer: string): readonly TunnelPolicy[] {
    return this.#ofPeer.get(peer) ?? [];
  }
}

function append(lists: Map<string, TunnelPolicy[]>, key: string, policy: TunnelPolicy): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [policy]);
  else list.push(policy);
}
