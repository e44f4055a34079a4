import type { AddressFamily } from '../base/net.ts';
import type { SocketOption } from './libc.ts';
import { SOL_SOCKET } from './libc.ts';

/** Options of IP and UDP sockets, with the levels and values that belong to them (linux/in.h, in6.h, udp.h). */

export const IPPROTO_IP = 0;
export const IPPROTO_UDP = 17;
export const IPPROTO_IPV6 = 41;
export const IPPROTO_ESP = 50;
export const IPPROTO_AH = 51;

export const SO_NO_CHECK: SocketOption = { level: SOL_SOCKET, name: 11, label: 'SO_NO_CHECK' };
export const SO_REUSEPORT: SocketOption = { level: SOL_SOCKET, name: 15, label: 'SO_REUSEPORT' };
export const SO_MARK: SocketOption = { level: SOL_SOCKET, name: 36, label: 'SO_MARK' };

export const IP_HDRINCL: SocketOption = { level: IPPROTO_IP, name: 3, label: 'IP_HDRINCL' };
export const IPV6_RECVERR: SocketOption = { level: IPPROTO_IPV6, name: 25, label: 'IPV6_RECVERR' };
export const IPV6_V6ONLY: SocketOption = { level: IPPROTO_IPV6, name: 26, label: 'IPV6_V6ONLY' };
export const IPV6_DONTFRAG: SocketOption = { level: IPPROTO_IPV6, name: 62, label: 'IPV6_DONTFRAG' };

export const UDP_ENCAP: SocketOption = { level: IPPROTO_UDP, name: 100, label: 'UDP_ENCAP' };
export const UDP_ENCAP_ESPINUDP = 2;
export const UDP_GRO: SocketOption = { level: IPPROTO_UDP, name: 104, label: 'UDP_GRO' };

export const RECEIVE_PACKET_INFO: Record<AddressFamily, SocketOption> = {
  4: { level: IPPROTO_IP, name: 8, label: 'IP_PKTINFO' },
  6: { level: IPPROTO_IPV6, name: 49, label: 'IPV6_RECVPKTINFO' },
};
export const RECEIVE_TRAFFIC_CLASS: Record<AddressFamily, SocketOption> = {
  4: { level: IPPROTO_IP, name: 13, label: 'IP_RECVTOS' },
  6: { level: IPPROTO_IPV6, name: 66, label: 'IPV6_RECVTCLASS' },
};

export const MTU_DISCOVER: Record<AddressFamily, SocketOption> = {
  4: { level: IPPROTO_IP, name: 10, label: 'IP_MTU_DISCOVER' },
  6: { level: IPPROTO_IPV6, name: 23, label: 'IPV6_MTU_DISCOVER' },
};
export const PMTUDISC_DONT = 0;
export const PMTUDISC_DO = 2;

export const XFRM_POLICY: Record<AddressFamily, SocketOption> = {
  4: { level: IPPROTO_IP, name: 17, label: 'IP_XFRM_POLICY' },
  6: { level: IPPROTO_IPV6, name: 35, label: 'IPV6_XFRM_POLICY' },
};
