import type { IpAddress } from '../base/net.ts';
import { IFF_RUNNING, IFF_UP, IFLA_IFNAME, IFLA_MTU, NLM_F_DUMP, NLM_F_REQUEST, RTM_GETLINK } from './constants.ts';
import { buildMessage, HostReader, parseAttributes } from './netlink.ts';
import { parseLocalAddress } from './route-messages.ts';

/** RTM_GETLINK, `struct ifinfomsg` (16 bytes): u8 family, pad; u16 type; i32 index; u32 flags, change. Equivalent to: `ip link show` */
export function encodeDumpLinks(): Uint8Array {
  return buildMessage(RTM_GETLINK, NLM_F_REQUEST | NLM_F_DUMP, (writer) => {
    writer.zeros(LINK_HEADER_BYTES);
  });
}

/** The payload of an RTM_NEWLINK: the index of an interface that can carry packets, or undefined. @throws WireError */
export function parseWorkingLink(payload: Uint8Array): number | undefined {
  const reader = new HostReader(payload).skip(4, 'ifi_type');
  const index = reader.u32('ifi_index');
  const flags = reader.u32('ifi_flags');
  return (flags & WORKING) === WORKING ? index : undefined;
}

export type Link = { readonly index: number; readonly name: string; readonly mtu: number; readonly working: boolean };

/** The payload of an RTM_NEWLINK in more words; undefined where it has no name. @throws WireError */
export function parseLink(payload: Uint8Array): Link | undefined {
  const attributes = parseAttributes(payload.subarray(LINK_HEADER_BYTES));
  const [name, mtu] = [attributes.get(IFLA_IFNAME), attributes.get(IFLA_MTU)];
  if (name === undefined || mtu === undefined) return undefined;
  return {
    index: new HostReader(payload).skip(4, 'ifi_type').u32('ifi_index'),
    name: new TextDecoder().decode(name).replace(/\0$/, ''),
    mtu: new HostReader(mtu).u32('IFLA_MTU'),
    working: parseWorkingLink(payload) !== undefined,
  };
}

/** The payload of an RTM_NEWADDR with the index of its interface, see `parseLocalAddress`. @throws WireError */
export function parseInterfaceAddress(
  payload: Uint8Array,
): { readonly interface: number; readonly address: IpAddress } | undefined {
  const address = parseLocalAddress(payload);
  return address === undefined
    ? undefined
    : { interface: new HostReader(payload).skip(4, 'ifa_scope').u32('ifa_index'), address };
}

const LINK_HEADER_BYTES = 16;
const WORKING = IFF_UP | IFF_RUNNING;
