import { countBy } from '../base/count-by.ts';
import { formatPrefix } from '../base/net.ts';
import type { PeerPlaces } from '../ike/common/peer-places.ts';
import type { PeerAddress } from '../ike/common/policy.ts';
import { formatSelector } from '../sa/traffic-selector.ts';
import { ANY_PORT } from '../sa/upper-layer.ts';
import type { Configuration } from './configuration.ts';

/** A gateway as `list gateways` shows it; plain JSON. */
export type GatewaySummary = {
  readonly name: string;
  /** The first one where there are several. */
  readonly address: string;
  readonly publicAddress: string | null;
  readonly vpc: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
  readonly remarks: string;
  /** How many tunnels are configured on it, enabled or not. */
  readonly tunnels: number;
};

/** A peer as `list peers` shows it; plain JSON. */
export type PeerSummary = {
  readonly name: string;
  /** An IP address, a DNS name, or 0.0.0.0 for any. */
  readonly address: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly remarks: string;
  readonly tunnels: number;
};

export function gatewaySummaries(configuration: Configuration): GatewaySummary[] {
  const tunnels = countBy(configuration.tunnels, ({ policy }) => policy.gateway);
  return configuration.gateways.map(({ name, address, publicAddress, vpc, labels, remarks }) => ({
    name,
    address,
    publicAddress: publicAddress ?? null,
    vpc: vpc.map(formatPrefix),
    labels,
    remarks,
    tunnels: tunnels.get(name) ?? 0,
  }));
}

export function peerSummaries(configuration: Configuration): PeerSummary[] {
  const tunnels = countBy(configuration.tunnels, ({ policy }) => policy.peer);
  return configuration.peers.map(({ name, labels, remarks, ...places }) => ({
    name,
    address: formatPeerPlaces(places).join(', '),
    labels,
    remarks,
    tunnels: tunnels.get(name) ?? 0,
  }));
}

/** A shunt as `list shunts` shows it; plain JSON. */
export type ShuntSummary = {
  readonly name: string;
  readonly action: 'bypass' | 'block';
  readonly local: readonly string[];
  readonly remote: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
  readonly remarks: string;
};

export function shuntSummaries({ shunts }: Pick<Configuration, 'shunts'>): ShuntSummary[] {
  return shunts.map(({ name, policy, labels, remarks }) => ({
    name,
    action: policy.action,
    local: policy.localSelectors.map(formatSelector),
    remote: policy.remoteSelectors.map(formatSelector),
    labels,
    remarks,
  }));
}

/** Each address of a peer, and from where else it may call. */
export function formatPeerPlaces({ address, alternatives = [], within = [] }: PeerPlaces): string[] {
  const ranges = within.map((range) => formatSelector({ protocol: 0, ...ANY_PORT, ...range }));
  const addresses = [address, ...alternatives].filter(({ kind }) => kind !== 'any' || ranges.length === 0);
  return [...addresses.map(formatPeerAddress), ...ranges];
}

/** As it is written in the configuration. */
export function formatPeerAddress(address: PeerAddress): string {
  switch (address.kind) {
    case 'address':
      return address.address;
    case 'name':
      return address.name;
    case 'any':
      return '0.0.0.0';
  }
}
