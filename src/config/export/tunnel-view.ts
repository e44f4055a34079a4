import type { IpAddress } from '../../base/net.ts';
import { addressFamily, prefixRange } from '../../base/net.ts';
import type { Secret } from '../../base/secret.ts';
import { SECOND } from '../../base/time.ts';
import { writtenAddresses } from '../../ike/common/peer-places.ts';
import type { PeerAddress, PostQuantumKey, TunnelPolicy } from '../../ike/common/policy.ts';
import type { Identity } from '../../sa/identity.ts';
import { formatIdentity } from '../../sa/identity.ts';
import type { ChildProtocol, Proposal } from '../../sa/proposal.ts';
import { selectorPairs } from '../../sa/selector-pairs.ts';
import type { TrafficSelector } from '../../sa/traffic-selector.ts';
import { formatSelector, selectorToPrefixes } from '../../sa/traffic-selector.ts';
import { formatUpperLayer } from '../../sa/upper-layer.ts';
import type { Gateway, Tunnel } from '../configuration.ts';

/** A tunnel as one of its ends has to be configured; times in whole seconds, as all vendors have them. */
export type TunnelView = {
  readonly name: string;
  readonly version: 1 | 2;
  readonly mode: 'main' | 'aggressive';
  readonly mobike: boolean;
  readonly childless: boolean;
  readonly reauthenticate: boolean;
  readonly local: EndView;
  readonly remote: EndView;
  /** Whether this end asks for one Child SA for each pair of segments. */
  readonly singlePairs: boolean;
  readonly protocol: ChildProtocol;
  readonly childMode: 'tunnel' | 'transport';
  /** ESP goes in UDP whatever the path. */
  readonly inUdp: boolean;
  readonly ikeProposals: readonly Proposal[];
  readonly childProposals: readonly Proposal[];
  readonly ikeLifetime: number;
  readonly childLifetime: number;
  readonly start: TunnelPolicy['start'];
  readonly dpd: TunnelPolicy['dpd'];
  readonly psk: Secret;
  readonly ppk?: PostQuantumKey;
};

export type EndView = {
  readonly address: PeerAddress;
  /** What the other end must use instead of the first address, where a NAT stands in between. */
  readonly publicAddress?: IpAddress;
  /** Further addresses that it may use. */
  readonly alternatives: readonly IpAddress[];
  /** Absent where any will do. */
  readonly identity?: Identity;
  /** Each of one prefix. */
  readonly segments: readonly TrafficSelector[];
  /** The same as text: a prefix, with a protocol and ports behind it where it is for these alone. */
  readonly subnets: readonly string[];
};

/** The tunnel from this end. */
export function ownView({ name, policy }: Tunnel, gateway: Gateway | undefined): TunnelView {
  const { local, remote } = policy;
  const publicAddress = gateway?.publicAddress;
  return {
    name,
    version: policy.version,
    mode: policy.mode,
    mobike: policy.mobike,
    childless: policy.childless,
    reauthenticate: policy.reauthenticate,
    local: {
      address: { kind: 'address', address: gateway?.address ?? local.address },
      ...(publicAddress === undefined || publicAddress === gateway?.address ? {} : { publicAddress }),
      alternatives: gateway?.alternatives ?? [],
      identity: local.identity,
      ...segmentsOf(local.selectors),
    },
    remote: {
      address: remote.address,
      alternatives: writtenAddresses({ address: { kind: 'any' }, alternatives: remote.alternatives ?? [] }),
      ...(remote.identity === undefined ? {} : { identity: remote.identity }),
      ...segmentsOf(remote.selectors),
    },
    singlePairs: policy.singlePairs ?? false,
    protocol: policy.childProtocol,
    childMode: policy.childMode ?? 'tunnel',
    inUdp: policy.encapsulation === 'udp',
    ikeProposals: policy.ikeProposals,
    childProposals: policy.childProposals,
    ikeLifetime: seconds(policy.ikeLifetime),
    childLifetime: seconds(policy.childLifetime),
    start: policy.start,
    dpd: policy.dpd,
    psk: policy.psk,
    ...(policy.ppk === undefined ? {} : { ppk: policy.ppk }),
  };
}

/** The same tunnel from the other end: what is local there is remote here. */
export function otherEnd(view: TunnelView): TunnelView {
  const { publicAddress, address, alternatives, ...local } = view.local;
  const seen: EndView =
    publicAddress === undefined
      ? { ...local, address, alternatives }
      : { ...local, address: { kind: 'address', address: publicAddress }, alternatives: [] };
  return { ...view, local: view.remote, remote: seen, start: OTHER_START[view.start] };
}

/** Both may begin; but one has to, and whoever waits for traffic knows its own alone. */
const OTHER_START: Readonly<Record<TunnelView['start'], TunnelView['start']>> = {
  initiate: 'initiate',
  respond: 'initiate',
  'on-traffic': 'on-traffic',
};

/** An end that only answers is called by the other; from there, it is not to be called by an address that is unknown. */
export function addressText({ address }: EndView, anywhere: string): string {
  switch (address.kind) {
    case 'address':
      return address.address;
    case 'name':
      return address.name;
    case 'any':
      return anywhere;
  }
}

export function identityText({ identity }: EndView, anybody: string): string {
  return identity === undefined ? anybody : formatIdentity(identity);
}

/** Whether an address or a segment is of IPv6. */
export function hasIpv6({ local, remote }: TunnelView): boolean {
  const addresses = [local, remote].flatMap(({ address }) => (address.kind === 'address' ? [address.address] : []));
  return (
    addresses.some((address) => addressFamily(address) === 6) ||
    [...local.subnets, ...remote.subnets].some((subnet) => subnet.includes(':'))
  );
}

/** Every local with every remote segment that can be its partner. */
export function segmentPairs({ local, remote }: TunnelView): { readonly local: string; readonly remote: string }[] {
  return selectorPairs(local.segments, remote.segments).map((pair) => ({
    local: formatSelector(pair.local),
    remote: formatSelector(pair.remote),
  }));
}

/** Whether a segment is for one protocol, or for ports, which few devices have a word for. */
export function hasServices({ local, remote }: TunnelView): boolean {
  return [...local.segments, ...remote.segments].some((segment) => formatUpperLayer(segment) !== '');
}

function segmentsOf(selectors: readonly TrafficSelector[]): Pick<EndView, 'segments' | 'subnets'> {
  const segments = selectors.flatMap((selector) =>
    selectorToPrefixes(selector).map((prefix) => ({ ...selector, ...prefixRange(prefix) })),
  );
  return { segments, subnets: segments.map(formatSelector) };
}

/** Rounded up: an SA may live a second longer, and a liveness check of 0 s would be none. */
export function seconds(duration: number): number {
  return Math.ceil(duration / SECOND);
}
