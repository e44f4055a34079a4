import { addressFamily, type IpAddress } from '../base/net.ts';
import type { TrafficSelector } from '../sa/traffic-selector.ts';
import type { Gateway, Peer } from './configuration.ts';
import { isUnknownHost, NOBODY } from './dynamic-segments.ts';
import type { RawTunnel } from './schema.ts';

/** The tunnel with the addresses in the place of `dynamic`, as far as gateway and peer have one. */
export function withHosts(raw: RawTunnel, gateway: Gateway | undefined, peer: Peer | undefined): RawTunnel {
  if (!raw.local.subnets.some(isUnknownHost) && !raw.remote.subnets.some(isUnknownHost)) return raw;
  const nobody = NOBODY[addressFamily(gateway?.address ?? NOBODY[4])];
  const theirs = peer?.address.kind === 'address' ? peer.address.address : nobody;
  return {
    ...raw,
    local: { ...raw.local, subnets: placed(raw.local.subnets, gateway?.address ?? nobody) },
    remote: { ...raw.remote, subnets: placed(raw.remote.subnets, theirs) },
  };
}

function placed(subnets: readonly TrafficSelector[], address: IpAddress): TrafficSelector[] {
  return subnets.map((one) => (isUnknownHost(one) ? { ...one, start: address, end: address } : one));
}
