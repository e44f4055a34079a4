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
  readonly #ofGateway = new Map<string, TunnelPolicy[]>();

  constructor(policies: readonly TunnelPolicy[]) {
    super();
    for (const policy of policies) this.set(policy.name, policy);
  }

  /** One of the same name keeps its place before others that its peer may mean as well. */
  override set(name: string, policy: TunnelPolicy): this {
    const old = this.get(name);
    const places = this.#listsFor(policy);
    if (old === undefined) for (const list of places) list.push(policy);
    else {
      for (const list of this.#listsFor(old)) if (!places.includes(list)) list.splice(list.indexOf(old), 1);
      for (const list of places) replaceIn(list, old, policy);
    }
    return super.set(name, policy);
  }

  override delete(name: string): boolean {
    const policy = this.get(name);
    if (policy === undefined) return false;
    for (const list of this.#listsFor(policy)) list.splice(list.indexOf(policy), 1);
    this.#forgetEmpty(policy);
    return super.delete(name);
  }

  /** Peers of tunnels that come and go may all have other addresses. */
  #forgetEmpty({ peer, gateway, remote }: TunnelPolicy): void {
    if (this.#ofPeer.get(peer)?.length === 0) this.#ofPeer.delete(peer);
    if (this.#ofGateway.get(gateway)?.length === 0) this.#ofGateway.delete(gateway);
    for (const address of writtenAddresses(remote))
      if (this.#atAddress.get(address)?.length === 0) this.#atAddress.delete(address);
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

  ofGateway(gateway: string): readonly TunnelPolicy[] {
    return this.#ofGateway.get(gateway) ?? [];
  }

  #listsFor(policy: TunnelPolicy): readonly TunnelPolicy[][] {
    const both = [listAt(this.#ofPeer, policy.peer), listAt(this.#ofGateway, policy.gateway)];
    return policy.template === undefined ? [...both, ...this.#placesOf(policy)] : both;
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

function replaceIn(list: TunnelPolicy[], old: TunnelPolicy, policy: TunnelPolicy): void {
  const place = list.indexOf(old);
  if (place < 0) list.push(policy);
  else list[place] = policy;
}
