import { encodeDumpLinks, parseLink } from '../../netlink/address-messages.ts';
import { RTM_NEWLINK } from '../../netlink/constants.ts';
import { encodeQuietLink, encodeStartLink } from '../../netlink/link-messages.ts';
import type { NetlinkClient } from '../../netlink/netlink-client.ts';
import { contents } from '../../netlink/netlink-client.ts';
import { refused } from '../../netlink/refusal.ts';
import type { DataPlaneFailure } from '../../sa/data-plane.ts';

type Refused = { readonly ok: false; readonly failure: DataPlaneFailure };

/**
 * Switches a TUN interface on. It needs no address: routes lead into it, and say which own address to send from. Where
 * this machine has IPv6, it sends no packets of its own into it.
 */
export function startTunLink(
  client: NetlinkClient,
  name: string,
  mtu: number,
): { readonly ok: true; readonly index: number } | Refused {
  const links = client.request(encodeDumpLinks());
  if (!links.ok) return refused(`find interface ${name}`, links);
  const found = contents(links, RTM_NEWLINK, parseLink).find((link) => link.name === name);
  if (found === undefined) return refused(`find interface ${name}`, { ok: false, code: 'ENODEV' });
  // Refused where the kernel has no IPv6, and then there is nothing to silence.
  client.request(encodeQuietLink(found.index));
  const started = client.request(encodeStartLink(found.index, mtu));
  return started.ok ? { ok: true, index: found.index } : refused(`start interface ${name}`, started);
}
