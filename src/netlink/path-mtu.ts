import type { IpAddress } from '../base/net.ts';
import { parseLink } from './address-messages.ts';
import { RTM_NEWLINK, RTM_NEWROUTE } from './constants.ts';
import { encodeGetLink } from './link-messages.ts';
import type { NetlinkClient } from './netlink-client.ts';
import { contents } from './netlink-client.ts';
import { encodeLookupRoute, parseFoundRoute } from './route-messages.ts';

/**
 * How long a packet to `address` may be now: what routers on the way have told (RFC 1191), else what the route or its
 * interface says. Undefined where no way leads there. `mark` is that of the packets in question.
 */
export function pathMtu(client: NetlinkClient, address: IpAddress, mark?: number): number | undefined {
  const [hop] = contents(client.request(encodeLookupRoute(address, mark)), RTM_NEWROUTE, parseFoundRoute);
  if (hop === undefined || hop.mtu !== undefined) return hop?.mtu;
  return contents(client.request(encodeGetLink(hop.interface)), RTM_NEWLINK, parseLink)[0]?.mtu;
}
