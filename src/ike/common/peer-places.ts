import { rangeContains } from '../../base/address-range.ts';
import type { IpAddress } from '../../base/net.ts';
import type { PeerAddress, TunnelPolicy } from './policy.ts';

/** Where a peer is, and where it may call from. */
export type PeerPlaces = Pick<TunnelPolicy['remote'], 'address' | 'alternatives' | 'within'>;

type Remote = Pick<TunnelPolicy, 'remote'>;

/** Whether the peer of the tunnel may call from there. */
export function mayCallFrom({ remote }: Remote, from: IpAddress): boolean {
  const { address, alternatives, within } = remote;
  if (address.kind === 'address' && address.address === from) return true;
  if (within?.some((range) => rangeContains(range, from)) === true) return true;
  if (alternatives?.some((one) => one.kind === 'name' || one.address === from) === true) return true;
  // Behind a name may be any address.
  return address.kind === 'name' || (address.kind === 'any' && within === undefined);
}

/** Where to call it: of several addresses the one that was `chosen`, if one was. Undefined for a name that has none. */
export function calledAddress({ remote }: Remote, chosen: IpAddress | undefined): IpAddress | undefined {
  const configured = remote.address.kind === 'address' ? remote.address.address : undefined;
  return remote.alternatives === undefined ? (configured ?? chosen) : (chosen ?? configured);
}

/** The one whose turn it is at an attempt, the first of which is 1. */
export function addressInTurn({ remote }: Remote, attempt: number): PeerAddress {
  const all = [remote.address, ...(remote.alternatives ?? [])];
  return all[Math.max(0, attempt - 1) % all.length] ?? remote.address;
}

/** All that are written as addresses. */
export function writtenAddresses({ address, alternatives = [] }: PeerPlaces): IpAddress[] {
  return [address, ...alternatives].flatMap((one) => (one.kind === 'address' ? one.address : []));
}
