import type { AddressFamily, IpAddress } from '../base/net.ts';
import { addressFamily, addressFromInteger, addressToInteger } from '../base/net.ts';
import type { TunnelPolicy } from '../ike/common/policy.ts';
import type { TrafficSelector } from '../sa/traffic-selector.ts';
import type { HostFacts, Way } from './facts.ts';

/** The addresses to which the way is asked for: that of each peer, and one of each local segment. */
export function addressesOfInterest(tunnels: readonly TunnelPolicy[]): IpAddress[] {
  const peers = tunnels.map(peerAddress).filter((address) => address !== undefined);
  return [...new Set([...peers, ...tunnels.flatMap(({ local }) => local.selectors.map(someAddress))])];
}

/** Undefined for a peer that is given by name or may be anywhere. */
export function peerAddress({ remote }: TunnelPolicy): IpAddress | undefined {
  return remote.address.kind === 'address' ? remote.address.address : undefined;
}

/** The first address after that of the network itself, which is nobody's. */
export function someAddress({ start, end }: TrafficSelector): IpAddress {
  return start === end ? start : addressFromInteger(addressToInteger(start) + 1n, addressFamily(start));
}

/** The interface by which packets for an address leave; undefined where that is not known or there is none. */
export function interfaceTo(facts: HostFacts, address: IpAddress | undefined): string | undefined {
  const way: Way | undefined = address !== undefined && facts.ways.known ? facts.ways.value[address] : undefined;
  return way !== undefined && 'interface' in way ? way.interface : undefined;
}

/** The interface that has one of our own addresses. */
export function interfaceOf(facts: HostFacts, address: IpAddress): string | undefined {
  if (!facts.interfaces.known) return undefined;
  return facts.interfaces.value.find(({ addresses }) => addresses.includes(address))?.name;
}

/** The local segments of a family that are more than this machine's own addresses: for them it has to forward. */
export function forwardedSegments(facts: HostFacts, { local }: TunnelPolicy, family: AddressFamily): TrafficSelector[] {
  return local.selectors.filter(
    ({ start, end }) => addressFamily(start) === family && !(start === end && interfaceOf(facts, start) !== undefined),
  );
}

/** Parts that are alike become one with the tunnels of all. */
export function byTunnels<Part>(
  tunnels: readonly TunnelPolicy[],
  partsOf: (tunnel: TunnelPolicy) => readonly Part[],
): { readonly part: Part; readonly tunnels: string[] }[] {
  const groups = new Map<string, { part: Part; tunnels: string[] }>();
  for (const tunnel of tunnels) {
    for (const part of partsOf(tunnel)) {
      const key = JSON.stringify(part);
      const group = groups.get(key) ?? { part, tunnels: [] };
      groups.set(key, group);
      if (!group.tunnels.includes(tunnel.name)) group.tunnels.push(tunnel.name);
    }
  }
  return [...groups.values()];
}
