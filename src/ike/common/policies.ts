import type { IpAddress } from '../../base/net.ts';
import { type Identity, identityKey } from '../../sa/identity.ts';
import { formatExpected } from '../../sa/identity-pattern.ts';
import { SegmentIndex } from '../../sa/segment-index.ts';
import type { TrafficSelector } from '../../sa/traffic-selector.ts';
import { ownKey } from './own-key.ts';
import { mayCallFrom, writtenAddresses } from './peer-places.ts';
import type { TunnelPolicy } from './policy.ts';
import { PolicyGroups } from './policy-groups.ts';

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
  /** Those to one peer of one identity, from one gateway: no others can share an IKE SA. */
  readonly #related = new Map<string, TunnelPolicy[]>();
  /** Long lists in order for handshakes, until they change. */
  readonly #groups = new Map<readonly TunnelPolicy[], PolicyGroups>();
  /** Which have which peer segments; made when somebody asks for the first time, as few have tunnels for many. */
  #segments: SegmentIndex<TunnelPolicy> | undefined;
  /** How many tunnels there are for each identity; made when somebody asks for the first time. */
  #identities: Map<string, number> | undefined;

  constructor(policies: readonly TunnelPolicy[]) {
    super();
    for (const policy of policies) this.set(policy.name, policy);
  }

  /** One of the same name keeps its place before others that its peer may mean as well. */
  override set(name: string, policy: TunnelPolicy): this {
    const old = this.get(name);
    const places = this.#listsFor(policy);
    const before = old === undefined ? [] : this.#listsFor(old);
    this.#onChange([...places, ...before]);
    if (old === undefined) for (const list of places) list.push(policy);
    else {
      for (const list of before) if (!places.includes(list)) list.splice(list.indexOf(old), 1);
      for (const list of places) replaceIn(list, old, policy);
      this.#forgetEmpty(old);
      this.#leave(old);
    }
    this.#enter(policy);
    return super.set(name, policy);
  }

  override delete(name: string): boolean {
    const policy = this.get(name);
    if (policy === undefined) return false;
    const lists = this.#listsFor(policy);
    for (const list of lists) list.splice(list.indexOf(policy), 1);
    this.#onChange(lists);
    this.#leave(policy);
    this.#forgetEmpty(policy);
    return super.delete(name);
  }

  /** Peers of tunnels that come and go may all have other addresses. */
  #forgetEmpty(policy: TunnelPolicy): void {
    const { peer, gateway, remote } = policy;
    if (this.#related.get(relationOf(policy))?.length === 0) this.#related.delete(relationOf(policy));
    if (this.#ofPeer.get(peer)?.length === 0) this.#ofPeer.delete(peer);
    if (this.#ofGateway.get(gateway)?.length === 0) this.#ofGateway.delete(gateway);
    for (const address of writtenAddresses(remote))
      if (this.#atAddress.get(address)?.length === 0) this.#atAddress.delete(address);
  }

  /** Those whose peer may be at this address, the most specific first; tunnels of single peers of many are none of them. */
  towards(remote: IpAddress): readonly TunnelPolicy[] {
    return this.#select(remote, (list) => list.filter((policy) => mayCallFrom(policy, remote)));
  }

  /** Of those the ones whose peer may be called so. */
  towardsNamed(remote: IpAddress, identity: Identity): readonly TunnelPolicy[] {
    return this.#select(remote, (list) => {
      const named = list.length <= FEW ? list : this.#groupsOf(list).named(identity);
      return named.filter((policy) => mayCallFrom(policy, remote));
    });
  }

  /**
   * Of those at `local` that will do, as none at another address of ours does, the first of each kind, as far as a peer can
   * tell which has not said yet who it is.
   */
  towardsFirst(
    local: IpAddress,
    remote: IpAddress,
    willDo: (policy: TunnelPolicy) => boolean,
  ): readonly TunnelPolicy[] {
    const wanted = (policy: TunnelPolicy) => mayCallFrom(policy, remote) && willDo(policy);
    return this.#select(remote, (list) =>
      list.length <= FEW ? list.filter(wanted) : this.#groupsOf(list).firsts(local, wanted),
    );
  }

  /** Those of one peer that may have a part of these segments at the peer's side. */
  near(segments: readonly TrafficSelector[]): Iterable<TunnelPolicy> {
    if (this.#segments === undefined) {
      this.#segments = new SegmentIndex();
      for (const policy of this.values()) if (isOfOne(policy)) this.#segments.add(policy, policy.remote.selectors);
    }
    return this.#segments.near(segments);
  }

  /** Whether a key is configured for this identity alone. */
  haveKeyFor(identity: Identity): boolean {
    if (this.#identities === undefined) {
      this.#identities = new Map();
      for (const policy of this.values()) if (isOfOne(policy)) this.#count(policy, 1);
    }
    const isOfMany = ({ many }: TunnelPolicy) => many !== undefined && ownKey(many, identity) !== undefined;
    return this.#identities.has(identityKey(identity)) || this.#ofMany.some(isOfMany);
  }

  /** One with an address beside a name or a network may be found both ways, and counts once. */
  #select(remote: IpAddress, choose: (list: TunnelPolicy[]) => TunnelPolicy[]): TunnelPolicy[] {
    const exact = choose(this.#atAddress.get(remote) ?? []);
    const others = [this.#elsewhere, this.#anywhere, this.#ofMany].flatMap((list) =>
      list.length > 0 ? choose(list) : [],
    );
    return others.length === 0 ? exact : [...new Set([...exact, ...others])];
  }

  #groupsOf(list: readonly TunnelPolicy[]): PolicyGroups {
    const groups = this.#groups.get(list) ?? new PolicyGroups(list);
    this.#groups.set(list, groups);
    return groups;
  }

  #onChange(lists: readonly TunnelPolicy[][]): void {
    if (this.#groups.size > 0) for (const list of lists) this.#groups.delete(list);
  }

  #enter(policy: TunnelPolicy): void {
    if (!isOfOne(policy)) return;
    this.#segments?.add(policy, policy.remote.selectors);
    this.#count(policy, 1);
  }

  #leave(policy: TunnelPolicy): void {
    if (!isOfOne(policy)) return;
    this.#segments?.remove(policy);
    this.#count(policy, -1);
  }

  #count({ remote: { identity } }: TunnelPolicy, change: number): void {
    if (this.#identities === undefined || identity === undefined) return;
    const key = identityKey(identity);
    const count = (this.#identities.get(key) ?? 0) + change;
    if (count > 0) this.#identities.set(key, count);
    else this.#identities.delete(key);
  }

  ofPeer(peer: string): readonly TunnelPolicy[] {
    return this.#ofPeer.get(peer) ?? [];
  }

  /** The policy with all that may share an IKE SA with it, and few others. */
  relatedTo(policy: TunnelPolicy): readonly TunnelPolicy[] {
    return this.#related.get(relationOf(policy)) ?? [];
  }

  ofGateway(gateway: string): readonly TunnelPolicy[] {
    return this.#ofGateway.get(gateway) ?? [];
  }

  #listsFor(policy: TunnelPolicy): readonly TunnelPolicy[][] {
    const always = [
      listAt(this.#ofPeer, policy.peer),
      listAt(this.#ofGateway, policy.gateway),
      listAt(this.#related, relationOf(policy)),
    ];
    return policy.template === undefined ? [...always, ...this.#placesOf(policy)] : always;
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

function relationOf({ peer, gateway, remote }: TunnelPolicy): string {
  const identity = remote.identity === undefined ? formatExpected(remote) : identityKey(remote.identity);
  return `${gateway} ${peer} ${identity}`;
}

/** As it is configured, and not for many. */
function isOfOne({ template, many }: TunnelPolicy): boolean {
  return template === undefined && many === undefined;
}

/** So many are looked at one by one sooner than they are put in order. */
const FEW = 8;

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
