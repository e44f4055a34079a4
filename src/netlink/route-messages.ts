import type { AddressFamily, IpAddress, Prefix } from '../base/net.ts';
import { addressBits, addressBytes, addressFamily, addressFromBytes } from '../base/net.ts';
import type { RoutePlace } from '../sa/data-plane.ts';
import {
  IFA_ADDRESS,
  IFA_F_DADFAILED,
  IFA_F_TENTATIVE,
  IFA_FLAGS,
  IFA_LOCAL,
  NLM_F_ACK,
  NLM_F_CREATE,
  NLM_F_DUMP,
  NLM_F_EXCL,
  NLM_F_REQUEST,
  RT_SCOPE_LINK,
  RT_SCOPE_NOWHERE,
  RT_SCOPE_UNIVERSE,
  RT_TABLE_MAIN,
  RT_TABLE_UNSPEC,
  RTA_DST,
  RTA_GATEWAY,
  RTA_MARK,
  RTA_METRICS,
  RTA_OIF,
  RTA_PREFSRC,
  RTA_PRIORITY,
  RTA_TABLE,
  RTAX_MTU,
  RTM_DELROUTE,
  RTM_GETADDR,
  RTM_GETROUTE,
  RTM_NEWROUTE,
  RTN_THROW,
  RTN_UNICAST,
  RTN_UNREACHABLE,
  RTN_UNSPEC,
  RTNH_F_ONLINK,
  RTPROT_CYGNET,
  RTPROT_UNSPEC,
} from './constants.ts';
import { familyNumber, readFamily } from './family.ts';
import type { NetlinkWriter } from './netlink.ts';
import { buildMessage, HostReader, parseAttributes } from './netlink.ts';

/** Where packets to an address leave: interface index, and the next hop unless the address is on the link. */
export type NextHop = { readonly interface: number; readonly gateway?: IpAddress };

/** No way: packets are answered with an ICMP error. */
export type NoHop = { readonly unreachable: true };

/** No way in this table: the rules go on to the next one. */
export type Elsewhere = { readonly throw: true };

/** A route of ours. `source` is what the gateway's own packets carry. */
export type KernelRoute = (NextHop | NoHop | Elsewhere) &
  RoutePlace & { readonly destination: Prefix; readonly source?: IpAddress };

/** Where a route of ours is, and what it makes the source of this machine's own packets. */
export type InstalledRoute = {
  readonly destination: Prefix;
  readonly table: number;
  readonly metric: number | undefined;
  readonly source: IpAddress | undefined;
};

/** What the kernel answers to a look-up: the way, the own address that it would choose, and the MTU where the route has one. */
export type FoundRoute = NextHop & { readonly source?: IpAddress; readonly mtu?: number };

/** RTM_GETROUTE, of a packet with a firewall mark where one is given. Equivalent to: `ip route get ADDRESS mark …` */
export function encodeLookupRoute(address: IpAddress, mark?: number): Uint8Array {
  const family = addressFamily(address);
  return buildMessage(RTM_GETROUTE, NLM_F_REQUEST | NLM_F_ACK, (writer) => {
    writeRouteHeader(writer, {
      family,
      length: addressBits(family),
      table: 0,
      protocol: RTPROT_UNSPEC,
      scope: 0,
      type: 0,
      flags: 0,
    });
    writer.attribute(RTA_DST, (target) => target.bytes(addressBytes(address)));
    if (mark !== undefined) writer.attribute(RTA_MARK, (target) => target.u32(mark));
  });
}

/** The payload of the RTM_NEWROUTE that answers a look-up; undefined where it has no interface. @throws WireError */
export function parseFoundRoute(payload: Uint8Array): FoundRoute | undefined {
  const reader = new HostReader(payload).skip(ROUTE_HEADER_BYTES, 'rtmsg');
  const attributes = parseAttributes(reader.rest());
  const output = attributes.get(RTA_OIF);
  if (output === undefined) return undefined;
  const [gateway, source, metrics] = [RTA_GATEWAY, RTA_PREFSRC, RTA_METRICS].map((type) => attributes.get(type));
  const mtu = metrics === undefined ? undefined : parseAttributes(metrics).get(RTAX_MTU);
  return {
    interface: new HostReader(output).u32('RTA_OIF'),
    ...(gateway === undefined ? {} : { gateway: addressFromBytes(gateway) }),
    ...(source === undefined ? {} : { source: addressFromBytes(source) }),
    ...(mtu === undefined ? {} : { mtu: new HostReader(mtu).u32('RTAX_MTU') }),
  };
}

/** RTM_GETROUTE of all tables. Equivalent to: `ip route show table all`, `ip -6 route show table all` */
export function encodeDumpRoutes(family: AddressFamily): Uint8Array {
  return buildMessage(RTM_GETROUTE, NLM_F_REQUEST | NLM_F_DUMP, (writer) => {
    const header = { length: 0, table: 0, protocol: RTPROT_UNSPEC, scope: 0, type: 0, flags: 0 };
    writeRouteHeader(writer, { family, ...header });
  });
}

/** The payload of an RTM_NEWROUTE of a dump: where a route of ours is; undefined where it is anyone else's. @throws WireError */
export function parseOwnRoute(payload: Uint8Array): InstalledRoute | undefined {
  const header = new HostReader(payload);
  const family = readFamily(header.u8('rtm_family'));
  const length = header.u8('rtm_dst_len');
  const shortTable = header.skip(2, 'rtm_src_len').u8('rtm_table');
  const protocol = header.u8('rtm_protocol');
  if (family === undefined || protocol !== RTPROT_CYGNET) return undefined;
  const attributes = parseAttributes(header.skip(6, 'rtm_scope').rest());
  const number = (type: number): number | undefined => {
    const bytes = attributes.get(type);
    return bytes === undefined ? undefined : new HostReader(bytes).u32('route');
  };
  const source = attributes.get(RTA_PREFSRC);
  // The default route has no destination.
  const bytes = attributes.get(RTA_DST) ?? new Uint8Array(addressBits(family) / 8);
  return {
    destination: { address: addressFromBytes(bytes), length },
    table: number(RTA_TABLE) ?? shortTable,
    metric: number(RTA_PRIORITY),
    source: source === undefined ? undefined : addressFromBytes(source),
  };
}

/**
 * RTM_NEWROUTE into the main table or the given one, leaving an existing route to the destination alone (EEXIST). The kernel has just
 * told that the gateway is on that link, hence `onlink`: the clouds' gateways lie outside the interface's prefix.
 * Equivalent to: `ip route add DESTINATION via GATEWAY dev … onlink src … proto 201`
 */
export function encodeNewRoute(route: KernelRoute): Uint8Array {
  const { family, ...header } = routeHeader(route.destination, route);
  const gateway = 'gateway' in route;
  const type = typeOf(route);
  const linkScope = type === RTN_UNICAST && !gateway && family === 4;
  return buildMessage(RTM_NEWROUTE, NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL, (writer) => {
    writeRouteHeader(writer, {
      ...header,
      family,
      scope: linkScope ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE,
      type,
      flags: gateway ? RTNH_F_ONLINK : 0,
    });
    writeRouteAttributes(writer, route);
  });
}

/**
 * RTM_DELROUTE of the route to `destination` that carries our protocol number, wherever it leads; never anyone
 * else's. Equivalent to: `ip route del DESTINATION table … metric … proto 201`
 */
export function encodeDeleteRoute(destination: Prefix, place: RoutePlace = {}): Uint8Array {
  return buildMessage(RTM_DELROUTE, NLM_F_REQUEST | NLM_F_ACK, (writer) => {
    const header = routeHeader(destination, place);
    // NOWHERE is any scope; IPv6 routes have none.
    const scope = header.family === 4 ? RT_SCOPE_NOWHERE : RT_SCOPE_UNIVERSE;
    writeRouteHeader(writer, { ...header, scope, type: RTN_UNSPEC, flags: 0 });
    writer.attribute(RTA_DST, (target) => target.bytes(addressBytes(destination.address)));
    writePlace(writer, place);
  });
}

/** RTM_GETADDR, `struct ifaddrmsg` (8 bytes): u8 family, prefixlen, flags, scope; u32 index. Equivalent to: `ip -4 addr show` */
export function encodeDumpAddresses(family: AddressFamily): Uint8Array {
  return buildMessage(RTM_GETADDR, NLM_F_REQUEST | NLM_F_DUMP, (writer) => {
    writer.u8(familyNumber(family)).zeros(ADDRESS_HEADER_BYTES - 1);
  });
}

/** The payload of an RTM_NEWADDR: an own address that can be a source, or undefined. @throws WireError */
export function parseLocalAddress(payload: Uint8Array): IpAddress | undefined {
  const reader = new HostReader(payload);
  const family = readFamily(reader.u8('ifa_family'));
  const shortFlags = reader.skip(1, 'ifa_prefixlen').u8('ifa_flags');
  const attributes = parseAttributes(reader.skip(5, 'ifa_scope').rest());
  const longFlags = attributes.get(IFA_FLAGS);
  const flags = longFlags === undefined ? shortFlags : new HostReader(longFlags).u32('IFA_FLAGS');
  // On a point-to-point link IFA_ADDRESS is the other end; IFA_LOCAL, where it is given, is always ours.
  const bytes = attributes.get(IFA_LOCAL) ?? attributes.get(IFA_ADDRESS);
  if (family === undefined || bytes === undefined || (flags & (IFA_F_TENTATIVE | IFA_F_DADFAILED)) !== 0)
    return undefined;
  return addressFromBytes(bytes);
}

type RouteHeader = {
  readonly family: AddressFamily;
  readonly length: number;
  readonly table: number;
  readonly protocol: number;
  readonly scope: number;
  readonly type: number;
  readonly flags: number;
};

/** `struct rtmsg` (12 bytes): u8 family, dst_len, src_len, tos, table, protocol, scope, type; u32 flags. */
function writeRouteHeader(writer: NetlinkWriter, header: RouteHeader): void {
  writer.u8(familyNumber(header.family)).u8(header.length).u8(0).u8(0);
  writer.u8(header.table).u8(header.protocol).u8(header.scope).u8(header.type).u32(header.flags);
}

function typeOf(route: KernelRoute): number {
  if ('throw' in route) return RTN_THROW;
  return 'unreachable' in route ? RTN_UNREACHABLE : RTN_UNICAST;
}

function routeHeader(destination: Prefix, { table = RT_TABLE_MAIN }: RoutePlace) {
  return {
    family: addressFamily(destination.address),
    length: destination.length,
    table: table <= MAX_SHORT_TABLE ? table : RT_TABLE_UNSPEC,
    protocol: RTPROT_CYGNET,
  };
}

function writeRouteAttributes(writer: NetlinkWriter, route: KernelRoute): void {
  const { destination, source } = route;
  writer.attribute(RTA_DST, (target) => target.bytes(addressBytes(destination.address)));
  if ('interface' in route) {
    const { gateway } = route;
    if (gateway !== undefined) writer.attribute(RTA_GATEWAY, (target) => target.bytes(addressBytes(gateway)));
    if (source !== undefined) writer.attribute(RTA_PREFSRC, (target) => target.bytes(addressBytes(source)));
    writer.attribute(RTA_OIF, (target) => target.u32(route.interface));
  }
  writePlace(writer, route);
}

function writePlace(writer: NetlinkWriter, { table, metric }: RoutePlace): void {
  if (table !== undefined && table > MAX_SHORT_TABLE) writer.attribute(RTA_TABLE, (target) => target.u32(table));
  if (metric !== undefined) writer.attribute(RTA_PRIORITY, (target) => target.u32(metric));
}

const MAX_SHORT_TABLE = 255;

const ROUTE_HEADER_BYTES = 12;
const ADDRESS_HEADER_BYTES = 8;
