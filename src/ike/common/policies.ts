import type { IpAddress } from '../../base/net.ts';
import { mayCallFrom, writtenAddresses } from './peer-places.ts';
import type { TunnelPolicy } from './policy.ts';

/**
 * The tunnels in force, by name. What every handshake asks for is found without a look at all of them, of which there
 * may be thousands.
 */
export class Policies extends Map<string, TunnelPolicy> {
  readonly #atAddress = new Map<IpAddress, TunnelPolicy[]>();
  /** Of a name, or that may call from networks beside their addresses. */
  readonly #elsewhere: TunnelPolicy[] = [];
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
    const exact = this.#atAddress.get(remote) ?? [];
    const others = [...this.#elsewhere, ...this.#anywhere, ...this.#ofMany].filter((policy) =>
      mayCallFrom(policy, remote),
    );
    return [...exact, ...others.filter((policy) => !exact.includes(policy))];
  }

  ofPeer(peer: string): readonly TunnelPolicy[] {
    return this.#ofPeer.get(peer) ?? [];
  }

  #listsFor(policy: TunnelPolicy): readonly TunnelPolicy[][] {
    const ofPeer = listAt(this.#ofPeer, policy.peer);
    return policy.template === undefined ? [ofPeer, ...this.#placesOf(policy)] : [ofPeer];
  }

  #placesOf({ remote, many }: TunnelPolicy): TunnelPolicy[][] {
    const { address, alternatives = [], within } = remote;
    if (many !== undefined) return [this.#ofMany];
    if (address.kind === 'any') return [this.#anywhere];
    const exact = [...new Set(writtenAddresses(remote))].map((written) => listAt(this.#atAddress, written));
    const isElsewhere = within !== undefined || [address, ...alternatives].some(({ kind }) => kind === 'name');
    return isElsewhere ? [...exact, this.#elsewhere] : exact;
  }
}

function listAt(lists: Map<string, TunnelPolicy[]>, key: string): TunnelPolicy[] {
  const list = lists.get(key) ?? [];
  lists.set(key, list);
  return list;
}
