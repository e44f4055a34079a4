import { addressFamily } from '../../base/net.ts';
import type { Check } from '../check.ts';
import type { Finding } from '../finding.ts';
import { byTunnels, interfaceOf, peerAddress } from '../tunnel-segments.ts';

/** A packet cannot be sent from an address that the machine does not have. */
export const checkAddresses: Check = (facts, tunnels) => {
  const { interfaces } = facts;
  if (!interfaces.known) return [];
  const missing = byTunnels(tunnels, ({ gateway, local }) => {
    const addresses = [local.address, ...(local.alternatives ?? [])];
    return addresses.some((address) => interfaceOf(facts, address) !== undefined) ? [] : [{ gateway, addresses }];
  });
  return missing.map(
    ({ part: { gateway, addresses }, tunnels: names }): Finding => ({
      check: 'own-address',
      severity: 'error',
      seen: `no interface that is up has ${addresses.join(' or ')}`,
      source: interfaces.source,
      why: `gateways.${gateway}.address is what IKE and ESP are sent from`,
      tunnels: names,
      fix: `ip address add ${addresses[0]}/${addressFamily(addresses[0] ?? '') === 4 ? 32 : 128} dev INTERFACE, or put the machine's own address there and that of its NAT into publicAddress`,
    }),
  );
};

export const checkRoutes: Check = ({ ways }, tunnels) => {
  if (!ways.known) return [];
  const unreachable = byTunnels(tunnels, (tunnel) => {
    const address = peerAddress(tunnel);
    const way = address === undefined ? undefined : ways.value[address];
    return address !== undefined && way !== undefined && 'refused' in way ? [{ address, refused: way.refused }] : [];
  });
  return unreachable.map(
    ({ part: { address, refused }, tunnels: names }): Finding => ({
      check: 'route-to-peer',
      severity: 'error',
      seen: `there is no route to the peer ${address} (${refused})`,
      source: `ip route get ${address}`,
      why: 'neither IKE nor ESP gets out',
      tunnels: names,
      fix: 'ip route add default via GATEWAY',
    }),
  );
};
