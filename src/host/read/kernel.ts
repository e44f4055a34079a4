import type { IpAddress } from '../../base/net.ts';
import { NetlinkSocket } from '../../native/netlink-socket.ts';
import { encodeDumpLinks, type Link, parseInterfaceAddress, parseLink } from '../../netlink/address-messages.ts';
import { NETLINK_ROUTE, RTM_NEWADDR, RTM_NEWLINK, RTM_NEWROUTE } from '../../netlink/constants.ts';
import { contents, NetlinkClient } from '../../netlink/netlink-client.ts';
import { encodeDumpAddresses, encodeLookupRoute, parseFoundRoute } from '../../netlink/route-messages.ts';
import { probeCapabilities } from '../../xfrm/capability-probe.ts';
import { NETLINK_XFRM } from '../../xfrm/constants.ts';
import type { Fact, HostFacts, Way } from '../facts.ts';
import { readFailure } from './failure.ts';

/** What the kernel carries, by trial. */
export function readKernel(): HostFacts['kernel'] {
  const source = 'SAs to the loopback address, added and deleted again';
  return withClient(NETLINK_XFRM, source, (client) => {
    const { unavailable } = probeCapabilities(client);
    const forbidden = Object.values(unavailable).some((reason) => reason.includes('EPERM'));
    return forbidden
      ? { known: false, source, why: 'only root may add them' }
      : { known: true, value: unavailable, source };
  });
}

/** Interfaces that can carry packets. */
export function readInterfaces(): HostFacts['interfaces'] {
  const source = 'ip address show up';
  return withClient(NETLINK_ROUTE, source, (client) => {
    const addresses = ([4, 6] as const).flatMap((family) =>
      contents(client.request(encodeDumpAddresses(family)), RTM_NEWADDR, parseInterfaceAddress),
    );
    const working = linksOf(client).filter(({ working }) => working);
    const value = working.map(({ index, name, mtu }) => ({
      name,
      mtu,
      addresses: addresses.filter((own) => own.interface === index).map(({ address }) => address),
    }));
    return { known: true, value, source };
  });
}

/** The way to each address, as the kernel would take it now. */
export function readWays(addresses: readonly IpAddress[]): HostFacts['ways'] {
  const source = 'ip route get';
  return withClient(NETLINK_ROUTE, source, (client) => {
    const names = new Map(linksOf(client).map(({ index, name }) => [index, name]));
    const ways = addresses.map((address): readonly [IpAddress, Way] => {
      const answer = client.request(encodeLookupRoute(address));
      const [hop] = contents(answer, RTM_NEWROUTE, parseFoundRoute);
      if (hop === undefined) return [address, { refused: answer.ok ? 'ENETUNREACH' : answer.code }];
      const { gateway } = hop;
      const name = names.get(hop.interface) ?? String(hop.interface);
      return [address, { interface: name, ...(gateway === undefined ? {} : { gateway }) }];
    });
    return { known: true, value: Object.fromEntries(ways), source };
  });
}

function withClient<Value>(protocol: number, source: string, ask: (client: NetlinkClient) => Fact<Value>): Fact<Value> {
  let socket: NetlinkSocket | undefined;
  try {
    socket = NetlinkSocket.open(protocol);
    return ask(new NetlinkClient(socket));
  } catch (error) {
    return { known: false, source, why: readFailure(error) };
  } finally {
    socket?.close();
  }
}

function linksOf(client: NetlinkClient): Link[] {
  return contents(client.request(encodeDumpLinks()), RTM_NEWLINK, parseLink);
}
