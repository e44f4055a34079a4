import {
  AF_INET6,
  IFF_UP,
  IFLA_AF_SPEC,
  IFLA_INET6_ADDR_GEN_MODE,
  IFLA_MTU,
  IN6_ADDR_GEN_MODE_NONE,
  NLM_F_ACK,
  NLM_F_REQUEST,
  RTM_GETLINK,
  RTM_NEWLINK,
} from './constants.ts';
import type { NetlinkWriter } from './netlink.ts';
import { buildMessage } from './netlink.ts';

/** RTM_GETLINK of one interface. Equivalent to: `ip link show dev …` */
export function encodeGetLink(index: number): Uint8Array {
  return buildMessage(RTM_GETLINK, NLM_F_REQUEST | NLM_F_ACK, (writer) => writeLinkHeader(writer, index, 0));
}

/** RTM_NEWLINK of an interface that exists. Equivalent to: `ip link set … mtu … up` */
export function encodeStartLink(index: number, mtu: number): Uint8Array {
  return buildMessage(RTM_NEWLINK, NLM_F_REQUEST | NLM_F_ACK, (writer) => {
    writeLinkHeader(writer, index, IFF_UP);
    writer.attribute(IFLA_MTU, (target) => target.u32(mtu));
  });
}

/** Without a link-local address, and so without the packets that announce it. Equivalent to: `ip link set … addrgenmode none` */
export function encodeQuietLink(index: number): Uint8Array {
  return buildMessage(RTM_NEWLINK, NLM_F_REQUEST | NLM_F_ACK, (writer) => {
    writeLinkHeader(writer, index, 0);
    writer.attribute(IFLA_AF_SPEC, (families) =>
      families.attribute(AF_INET6, (family) =>
        family.attribute(IFLA_INET6_ADDR_GEN_MODE, (target) => target.u8(IN6_ADDR_GEN_MODE_NONE)),
      ),
    );
  });
}

/** `struct ifinfomsg` (16 bytes): u8 family, pad; u16 type; i32 index; u32 flags, and which of these are meant. */
function writeLinkHeader(writer: NetlinkWriter, index: number, flags: number): void {
  writer.zeros(4).u32(index).u32(flags).u32(flags);
}
