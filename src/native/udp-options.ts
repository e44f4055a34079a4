import type { AddressFamily } from '../base/net.ts';
import type { Fd } from './libc.ts';
import { setOption, setReceiveBuffer } from './libc.ts';
import { sharePort } from './shared-port.ts';
import { AF_INET, AF_INET6 } from './socket-address.ts';
import {
  IPV6_V6ONLY,
  MTU_DISCOVER,
  PMTUDISC_DONT,
  RECEIVE_PACKET_INFO,
  SO_MARK,
  UDP_ENCAP,
  UDP_ENCAP_ESPINUDP,
  XFRM_POLICY,
} from './socket-options.ts';

export type UdpOptions = {
  readonly family: AddressFamily;
  /** 0 lets the kernel choose one. */
  readonly port: number;
  /** Whether the kernel takes ESP-in-UDP off this socket (RFC 3948), so that only IKE reaches us. */
  readonly udpEncap: boolean;
  /** Exempts the socket from IPsec policies: IKE itself must never need an SA. Default true; needs CAP_NET_ADMIN. */
  readonly bypassPolicy?: boolean;
  /** Whether sockets for ESP-in-UDP are bound to the port after this one, which then gets IKE alone: see `sharePort`. */
  readonly sharedPort?: boolean;
  /** Firewall mark of what it sends, so that a rule can keep IKE out of the tunnels. Needs CAP_NET_ADMIN. */
  readonly mark?: number;
  /** Bytes; default 2 MB, which holds about two seconds of a flood while the event loop is busy. */
  readonly receiveBuffer?: number;
};

/** Sets all that must hold before the socket is bound. @throws NativeError that names the option */
export function configureUdp(fd: Fd, options: UdpOptions): void {
  const { family } = options;
  setReceiveBuffer(fd, options.receiveBuffer ?? DEFAULT_RECEIVE_BUFFER);
  if (family === 6) setOption(fd, IPV6_V6ONLY, 1);
  setOption(fd, RECEIVE_PACKET_INFO[family], 1);
  // IKE datagrams may be fragmented on the way: without path MTU discovery the kernel sets no DF.
  setOption(fd, MTU_DISCOVER[family], PMTUDISC_DONT);
  if (options.bypassPolicy ?? true) {
    for (const direction of [XFRM_POLICY_IN, XFRM_POLICY_OUT])
      setOption(fd, XFRM_POLICY[family], bypassPolicy(family, direction));
  }
  if (options.udpEncap) setOption(fd, UDP_ENCAP, UDP_ENCAP_ESPINUDP);
  if (options.mark !== undefined) setOption(fd, SO_MARK, options.mark);
  if (options.sharedPort === true) sharePort(fd);
}

/**
 * `struct xfrm_userpolicy_info` (168 bytes): selector 56, lifetime configuration 64, lifetime state 32, priority,
 * index, then direction, action, flags, share. All zero but family and direction: any packet of the socket, action
 * XFRM_POLICY_ALLOW, without a template.
 */
function bypassPolicy(family: AddressFamily, direction: number): Uint8Array {
  const bytes = new Uint8Array(168);
  new DataView(bytes.buffer).setUint16(SELECTOR_FAMILY, family === 4 ? AF_INET : AF_INET6, true);
  bytes[POLICY_DIRECTION] = direction;
  return bytes;
}

const SELECTOR_FAMILY = 40;
const POLICY_DIRECTION = 160;
const XFRM_POLICY_IN = 0;
const XFRM_POLICY_OUT = 1;
const DEFAULT_RECEIVE_BUFFER = 2 * 1024 * 1024;
