import type { Instant } from '../base/time.ts';
import { NetlinkSocket } from '../native/netlink-socket.ts';
import { NETLINK_ROUTE } from '../netlink/constants.ts';
import { KernelRoutes } from '../netlink/kernel-routes.ts';
import type { NetlinkPort } from '../netlink/netlink.ts';
import { NetlinkClient } from '../netlink/netlink-client.ts';
import type {
  DataPlaneCapabilities,
  DataPlaneEvent,
  DataPlaneReply,
  DataPlaneRequest,
  SaKey,
} from '../sa/data-plane.ts';
import { applySteps } from '../sa/transaction.ts';
import { probeCapabilities } from './capability-probe.ts';
import { NETLINK_XFRM, XFRMNLGRP_ACQUIRE, XFRMNLGRP_EXPIRE, XFRMNLGRP_MAPPING } from './constants.ts';
import { readXfrmErrors } from './error-counters.ts';
import { KernelEvents } from './kernel-events.ts';
import { KernelSad } from './kernel-sad.ts';
import { KernelSpd } from './kernel-spd.ts';

export type XfrmPorts = {
  /** NETLINK_XFRM, for requests. */
  readonly xfrm: NetlinkPort;
  /** NETLINK_ROUTE, for requests. */
  readonly route: NetlinkPort;
  /** NETLINK_XFRM, member of the groups ACQUIRE, EXPIRE and MAPPING. */
  readonly events: NetlinkPort;
  /** A monotonic clock in milliseconds, to thin out repeated events. */
  readonly now: () => Instant;
};

/**
 * The kernel as data plane: ESP and AH by XFRM, routes by rtnetlink. Every request is checked against the kernel's
 * answer. Only what was added through this object is ever changed or removed.
 */
export class XfrmDataPlane {
  readonly #ports: XfrmPorts;
  readonly #client: NetlinkClient;
  readonly #stores: { readonly sad: KernelSad; readonly spd: KernelSpd; readonly routes: KernelRoutes };
  #closed = false;

  /** @throws NativeError where the sockets cannot be had (EPERM, EPROTONOSUPPORT). */
  static open(): XfrmDataPlane {
    return new XfrmDataPlane({
      xfrm: NetlinkSocket.open(NETLINK_XFRM),
      route: NetlinkSocket.open(NETLINK_ROUTE),
      events: NetlinkSocket.open(NETLINK_XFRM, {
        groups: [XFRMNLGRP_ACQUIRE, XFRMNLGRP_EXPIRE, XFRMNLGRP_MAPPING],
        receiveBuffer: EVENT_BUFFER_BYTES,
      }),
      now: () => performance.now(),
    });
  }

  constructor(ports: XfrmPorts) {
    this.#ports = ports;
    this.#client = new NetlinkClient(ports.xfrm);
    this.#stores = {
      sad: new KernelSad(this.#client),
      spd: new KernelSpd(this.#client),
      routes: new KernelRoutes(new NetlinkClient(ports.route)),
    };
  }

  /** Never throws for what the kernel refuses or answers. */
  perform(request: DataPlaneRequest): DataPlaneReply {
    switch (request.kind) {
      case 'allocate-spi': {
        const result = this.#stores.sad.allocate(request);
        return result.ok ? { kind: 'spi', spi: result.spi } : { kind: 'refused', failure: result.failure };
      }
      case 'query': {
        const result = this.#stores.sad.counters(request.sas);
        return result.ok
          ? { kind: 'counters', counters: result.counters }
          : { kind: 'refused', failure: result.failure };
      }
      case 'apply': {
        const failure = applySteps(this.#stores, request.steps);
        return failure === undefined ? { kind: 'done' } : { kind: 'refused', failure };
      }
    }
  }

  /** The events of our SAs and policies, one callback for all; call once. */
  onEvent(callback: (event: DataPlaneEvent) => void): void {
    new KernelEvents({ ...this.#stores, now: this.#ports.now }).subscribe(this.#ports.events, callback);
  }

  /** Tries every algorithm on the kernel: some 30 additions and deletions, a few milliseconds. */
  capabilities(): DataPlaneCapabilities {
    return probeCapabilities(this.#client);
  }

  /**
   * Compares what we have installed with what the kernel has. Policies that are missing are installed again; SAs cannot
   * be, as nobody but the kernel knows where their sequence numbers stood.
   */
  audit(): { readonly lostSas: readonly SaKey[]; readonly repairedPolicies: number } {
    return { lostSas: this.#stores.sad.takeLost(), repairedPolicies: this.#stores.spd.repair() };
  }

  /**
   * To be called once the IKE ports are ours, when no other run can be alive: removes the SAs that a killed run left
   * behind, and tells how many.
   */
  begin(): number {
    return this.#stores.sad.removeLeftovers();
  }

  /** What the kernel's IPsec has refused since the machine was booted. */
  errors(): ReadonlyMap<string, number> {
    return readXfrmErrors();
  }

  /** Removes all that is ours, routes first and SAs last, and closes the sockets. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#ports.events.close();
    this.#stores.routes.clear();
    this.#stores.spd.clear();
    this.#stores.sad.clear();
    this.#ports.xfrm.close();
    this.#ports.route.close();
  }
}

/** Room for a burst of events while the loop is busy. */
const EVENT_BUFFER_BYTES = 8 * 1024 * 1024;
