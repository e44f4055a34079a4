import type { IpAddress } from '../base/net.ts';
import { NetlinkSocket } from '../native/netlink-socket.ts';
import { TunDevice } from '../native/tun.ts';
import { NETLINK_ROUTE } from '../netlink/constants.ts';
import { NetlinkClient } from '../netlink/netlink-client.ts';
import { pathMtu } from '../netlink/path-mtu.ts';
import type { PolicySpec } from '../sa/data-plane.ts';
import type { Outcome } from '../sa/outcome.ts';
import type { RouteStore } from '../sa/transaction.ts';
import type { Report } from './commands.ts';
import { EspSockets } from './esp-sockets.ts';
import { PacketThread } from './packet-thread.ts';
import type { ThreadLink } from './thread-link.ts';
import { TUNNEL_MARK } from './tun/diversion-rules.ts';
import { startTunLink } from './tun/tun-link.ts';
import { TunRoutes } from './tun/tun-routes.ts';

export type ThreadParts = {
  readonly counters: SharedArrayBuffer;
  readonly onReport: (report: Report) => void;
  readonly onCrash: (error: Error) => void;
};

/** What of this machine the data plane uses: the TUN, the routes that lead to it, the sockets, the two threads. */
export class Host {
  readonly #tun: TunDevice;
  readonly #netlink: NetlinkSocket;
  readonly #client: NetlinkClient;
  readonly #routes: TunRoutes;
  #sockets: EspSockets | undefined;
  #allEnded = true;
  #threads: { readonly in: PacketThread; readonly out: PacketThread } | undefined;

  /** Opens the TUN and switches it on; nothing is led into it. @throws NativeError, Error */
  static open(): Host {
    const netlink = NetlinkSocket.open(NETLINK_ROUTE);
    try {
      const tun = TunDevice.open({ offload: 'tcp-udp' });
      try {
        return new Host(netlink, tun);
      } catch (error) {
        tun.close();
        throw error;
      }
    } catch (error) {
      netlink.close();
      throw error;
    }
  }

  private constructor(netlink: NetlinkSocket, tun: TunDevice) {
    this.#netlink = netlink;
    this.#tun = tun;
    this.#client = new NetlinkClient(netlink);
    const link = startTunLink(this.#client, tun.name, TUN_MTU);
    if (!link.ok) throw new Error(`cannot ${link.failure.operation}: ${link.failure.code}`);
    this.#routes = new TunRoutes(this.#client, link.index);
  }

  get mark(): number {
    return TUNNEL_MARK;
  }

  get routes(): RouteStore {
    return this.#routes;
  }

  /** Starts the threads; those that were there before are stopped. @throws NativeError, Error */
  start(parts: ThreadParts): void {
    this.#stopThreads();
    if (!this.#tun.exists) throw new Error(`the interface ${this.#tun.name} has been removed`);
    this.#sockets ??= EspSockets.open({ mark: TUNNEL_MARK, port: NAT_TRAVERSAL_PORT });
    const { fd, headerBytes } = this.#tun;
    const common = { ...parts, tun: { fd, headerBytes, mtu: TUN_MTU }, carriers: this.#sockets.carriers };
    const out = PacketThread.start({ ...common, role: 'outbound' });
    try {
      this.#threads = { out, in: PacketThread.start({ ...common, role: 'inbound' }) };
    } catch (error) {
      out.stop();
      throw error;
    }
  }

  link(direction: 'in' | 'out'): ThreadLink {
    if (this.#threads === undefined) throw new TypeError('the data plane has not begun');
    return this.#threads[direction].link;
  }

  pathMtu(to: IpAddress): number {
    return pathMtu(this.#client, to, TUNNEL_MARK) ?? ETHERNET_MTU;
  }

  /** Leads what an outbound policy is about into the TUN, whatever the policy makes of it. */
  divert(policy: PolicySpec): Outcome {
    return this.#routes.divert(POLICIES, policy);
  }

  release(policy: PolicySpec): void {
    this.#routes.release(POLICIES, policy);
  }

  /** Puts back what somebody else has removed; how much that was. */
  repair(): number {
    return this.#routes.repair();
  }

  /** Removes what a killed run has left and this one has no use for: once its own policies stand. */
  removeLeftovers(): void {
    this.#routes.removeLeftovers();
  }

  close(): void {
    this.#routes.clear();
    this.#stopThreads();
    // What a thread that is stuck may come back to goes with the process.
    if (this.#allEnded) {
      this.#sockets?.close();
      this.#tun.close();
    }
    this.#netlink.close();
  }

  #stopThreads(): void {
    for (const thread of [this.#threads?.in, this.#threads?.out]) {
      thread?.stop();
      if (thread?.ended === false) this.#allEnded = false;
    }
    this.#threads = undefined;
  }
}

/** Who holds what leads into the TUN. */
const POLICIES = 'policies';
export const NAT_TRAVERSAL_PORT = 4500;
const ETHERNET_MTU = 1_500;
/**
 * What the longest ESP in UDP over IPv4 makes of it still fits Ethernet. TCP takes its segments' size from it, so that
 * ICMP errors are the exception.
 */
const TUN_MTU = 1_400;
