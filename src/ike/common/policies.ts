import type { IpAddress } from '../../base/net.ts';
import type { TunnelPolicy } from './policy.ts';

/**
 * The tunnels in force, by name. What every handshake asks for is found without a look at all of them, of which there
 * may be thousands.
 */
export class Policies extends Map<string, TunnelPolicy> {
  readonly #atAddress = new Map<IpAddress, TunnelPolicy[]>();
  readonly #atName: TunnelPolicy[] = [];
  readonly #anywhere: TunnelPolicy[] = [];
  readonly #ofMany: TunnelPolicy[] = [];
  readonly #ofPeer = new Map<string, TunnelPolicy[]>();

  constructor(policies: readonly TunnelPolicy[]) {
    super();
    for (const policy of policies) this.set(policy.name, policy);
  }

  override set(name: string, policy: TunnelPolicy): this {
    this.delete(name);
    for (const list of this.#listsFor(policy)) list.push(policy);
    return super.set(name, policy);
  }

  override delete(name: string): boolean {
    const policy = this.get(name);
    if (policy === undefined) return false;
    for (const list of this.#listsFor(policy)) list.splice(list.indexOf(policy), 1);
    return super.delete(name);
  }

  /** Those whose peer may be at this address, the most specific first; tunnels of single peers of many are none of them. */
  towards(remote: IpAddress): readonly TunnelPolicy[] {
    return [...(this.#atAddress.get(remote) ?? []), ...this.#atName, ...this.#anywhere, ...this.#ofMany];
  }

  ofPeer(peer: string): readonly TunnelPolicy[] {
    return this.#ofPeer.get(peer) ?? [];
  }

  #listsFor(policy: TunnelPolicy): readonly TunnelPolicy[][] {
    const ofPeer = listAt(this.#ofPeer, policy.peer);
    return policy.template === undefined ? [ofPeer, this.#placeOf(policy)] : [ofPeer];
  }

  #placeOf({ remote: { address }, many }: TunnelPolicy): TunnelPolicy[] {
    if (many !== undefined) return this.#ofMany;
    if (address.kind === 'address') return listAt(this.#atAddress, address.address);
    return address.kind === 'name' ? this.#atName : this.#anywhere;
  }
}

function listAt(lists: Map<string, TunnelPolicy[]>, key: string): TunnelPolicy[] {
  const list = lists.get(key) ?? [];
  lists.set(key, list);
  return list;
}
