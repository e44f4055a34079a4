import type { IpAddress } from '../base/net.ts';
import { NetlinkSocket } from '../native/netlink-socket.ts';
import { encodeDumpLinks, parseInterfaceAddress, parseWorkingLink } from './address-messages.ts';
import {
  NETLINK_ROUTE,
  RTM_NEWADDR,
  RTM_NEWLINK,
  RTM_NEWROUTE,
  RTNLGRP_IPV4_IFADDR,
  RTNLGRP_IPV6_IFADDR,
  RTNLGRP_LINK,
} from './constants.ts';
import type { NetlinkPort } from './netlink.ts';
import { contents, NetlinkClient } from './netlink-client.ts';
import { encodeDumpAddresses, encodeLookupRoute, parseFoundRoute } from './route-messages.ts';

export type WatchPorts = {
  /** NETLINK_ROUTE, for requests. */
  readonly route: NetlinkPort;
  /** NETLINK_ROUTE, member of the groups of links and addresses. */
  readonly events: NetlinkPort;
};

/** The own addresses of this machine, as the kernel tells of them. */
export class AddressWatch {
  readonly #ports: WatchPorts;
  readonly #client: NetlinkClient;

  /** @throws NativeError where the sockets cannot be had */
  static open(): AddressWatch {
    return new AddressWatch({
      route: NetlinkSocket.open(NETLINK_ROUTE),
      events: NetlinkSocket.open(NETLINK_ROUTE, { groups: [RTNLGRP_LINK, RTNLGRP_IPV4_IFADDR, RTNLGRP_IPV6_IFADDR] }),
    });
  }

  constructor(ports: WatchPorts) {
    this.#ports = ports;
    this.#client = new NetlinkClient(ports.route);
  }

  /** Those that can be used now: not of an interface that is down or without carrier, nor still being probed. */
  addresses(): readonly IpAddress[] {
    const links = new Set(contents(this.#client.request(encodeDumpLinks()), RTM_NEWLINK, parseWorkingLink));
    return ([4, 6] as const).flatMap((family) =>
      contents(this.#client.request(encodeDumpAddresses(family)), RTM_NEWADDR, parseInterfaceAddress)
        .filter((own) => links.has(own.interface))
        .map(({ address }) => address),
    );
  }

  /** The one that the routes choose for packets to `remote`; undefined where no way leads there. */
  towards(remote: IpAddress): IpAddress | undefined {
    const answer = this.#client.request(encodeLookupRoute(remote));
    return contents(answer, RTM_NEWROUTE, parseFoundRoute)[0]?.source;
  }

  /** Something may be different; what it is, `addresses` tells. Events come in bursts. Call once. */
  onChange(callback: () => void): void {
    this.#ports.events.subscribe(callback, callback);
  }

  close(): void {
    this.#ports.events.close();
    this.#ports.route.close();
  }
}
