import type { AddressFamily } from '../base/net.ts';
import { IPPROTO_IP, IPPROTO_IPV6, IPPROTO_UDP } from './socket-options.ts';

/** Level and type of a control message. */
export type ControlMessage = { readonly level: number; readonly type: number };

type ControlMessages = {
  /** `struct in_pktinfo` (12 bytes): interface, own address, address of the header; `in6_pktinfo` (20): address, interface. */
  readonly packetInfo: ControlMessage;
  /** DSCP and ECN: to send a C int; received one byte over IPv4, an int over IPv6. */
  readonly trafficClass: ControlMessage;
  /** What UDP_GRO tells: a C int, the length of each segment but the last. */
  readonly coalesced: ControlMessage;
  /** What UDP_SEGMENT wants: 16 bits, the same. */
  readonly segmented: ControlMessage;
};

const COALESCED: ControlMessage = { level: IPPROTO_UDP, type: 104 };
const SEGMENTED: ControlMessage = { level: IPPROTO_UDP, type: 103 };

export const CONTROL_MESSAGES: Record<AddressFamily, ControlMessages> = {
  4: {
    packetInfo: { level: IPPROTO_IP, type: 8 },
    trafficClass: { level: IPPROTO_IP, type: 1 },
    coalesced: COALESCED,
    segmented: SEGMENTED,
  },
  6: {
    packetInfo: { level: IPPROTO_IPV6, type: 50 },
    trafficClass: { level: IPPROTO_IPV6, type: 67 },
    coalesced: COALESCED,
    segmented: SEGMENTED,
  },
};

/** `struct cmsghdr`: u64 length, with the header and without padding; i32 level, i32 type. */
export const CMSGHDR_BYTES = 16;
/** Where the own address is in the packet information. */
export const PACKET_INFO_ADDRESS: Record<AddressFamily, number> = { 4: 4, 6: 0 };
