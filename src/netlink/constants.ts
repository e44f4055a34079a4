/**
 * Names and numbers of the Linux user API: linux/netlink.h, linux/rtnetlink.h and what goes with them. They are ABI and
 * the same on every architecture.
 */

// linux/netlink.h
export const NETLINK_ROUTE = 0;
export const NLMSG_ERROR = 2;
export const NLMSG_DONE = 3;
export const NLM_F_REQUEST = 0x1;
export const NLM_F_ACK = 0x4;
export const NLM_F_DUMP = 0x300;
/** Do not touch what exists. */
export const NLM_F_EXCL = 0x200;
export const NLM_F_CREATE = 0x400;
/** In an NLMSG_ERROR: the request is not echoed after the error, attributes follow at once. */
export const NLM_F_CAPPED = 0x100;
/** In an NLMSG_ERROR: attributes (NLMSGERR_ATTR_…) follow. */
export const NLM_F_ACK_TLVS = 0x200;
export const NLMSGERR_ATTR_MSG = 1;

// linux/socket.h
export const AF_INET = 2;
export const AF_INET6 = 10;

// linux/rtnetlink.h, linux/if_addr.h
export const RTM_NEWLINK = 16;
export const RTM_GETLINK = 18;
export const RTM_NEWADDR = 20;
export const RTM_GETADDR = 22;
export const RTM_NEWROUTE = 24;
export const RTM_DELROUTE = 25;
export const RTM_GETROUTE = 26;
export const RTM_NEWRULE = 32;
export const RTM_DELRULE = 33;
export const RTM_GETRULE = 34;
export const RT_TABLE_UNSPEC = 0;
export const RT_TABLE_MAIN = 254;
export const RT_SCOPE_UNIVERSE = 0;
export const RT_SCOPE_LINK = 253;
export const RT_SCOPE_NOWHERE = 255;
export const RTN_UNSPEC = 0;
export const RTN_UNICAST = 1;
export const RTN_UNREACHABLE = 7;
export const RTN_THROW = 9;
export const RTPROT_UNSPEC = 0;
/**
 * Our mark on routes. Protocol numbers are a user space convention (linux/rtnetlink.h, /etc/iproute2/rt_protos); 201
 * is in neither. With `201 cygnet` in /etc/iproute2/rt_protos, `ip route show proto cygnet` lists them.
 */
export const RTPROT_CYGNET = 201;
export const RTA_DST = 1;
export const RTA_OIF = 4;
export const RTA_GATEWAY = 5;
export const RTA_PRIORITY = 6;
export const RTA_PREFSRC = 7;
/** Nested RTAX_…; of RTM_GETROUTE also what routers on the way have told. */
export const RTA_METRICS = 8;
export const RTAX_MTU = 2;
/** Tables above 255 have no room in `struct rtmsg`. */
export const RTA_TABLE = 15;
/** Of RTM_GETROUTE: the firewall mark of the packet that is asked for. */
export const RTA_MARK = 16;
/** The gateway is on the link of the interface, whatever the addresses of the interface say. */
export const RTNH_F_ONLINK = 4;
export const IFA_ADDRESS = 1;
export const IFA_LOCAL = 2;
export const IFA_FLAGS = 8;
/** Not usable as a source: duplicate address detection failed or is under way. */
export const IFA_F_DADFAILED = 0x08;
export const IFA_F_TENTATIVE = 0x40;

export const IFLA_IFNAME = 3;
export const IFLA_MTU = 4;
export const IFLA_AF_SPEC = 26;
export const IFLA_INET6_ADDR_GEN_MODE = 8;
export const IN6_ADDR_GEN_MODE_NONE = 1;

/** Of `struct ifinfomsg`: it is switched on, and has a carrier. */
export const IFF_UP = 0x1;
export const IFF_RUNNING = 0x40;

/** Multicast groups of NETLINK_ROUTE. */
export const RTNLGRP_LINK = 1;
export const RTNLGRP_IPV4_IFADDR = 5;
export const RTNLGRP_IPV6_IFADDR = 9;

// linux/fib_rules.h
export const FR_ACT_TO_TBL = 1;
export const FR_ACT_GOTO = 2;
export const FR_ACT_NOP = 3;
export const FRA_SRC = 2;
/** `lo` stands for packets that this machine sends itself. */
export const FRA_IIFNAME = 3;
export const FRA_GOTO = 4;
export const FRA_PRIORITY = 6;
export const FRA_FWMARK = 10;
export const FRA_TABLE = 15;
/** Whose rule it is, with the numbers of RTPROT_…. */
export const FRA_PROTOCOL = 21;
export const FRA_IP_PROTO = 22;
export const FRA_SPORT_RANGE = 23;
