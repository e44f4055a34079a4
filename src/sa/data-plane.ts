import type { IpAddress, Prefix } from '../base/net.ts';
import type { Duration } from '../base/time.ts';
import type { EncryptionKeyword, IntegrityKeyword } from '../crypto/algorithms.ts';
import type { Capabilities, ChildProtocol } from './proposal.ts';
import type { PacketSelectors, TrafficSelector } from './traffic-selector.ts';

/**
 * The port to whatever carries the packets: the kernel (src/xfrm), userspace (src/esp), the simulation. Requests are
 * effects of the core; each gets exactly one reply. All of it is plain data.
 */
export type DataPlaneRequest =
  /** Reserves an inbound SPI (kernel: ALLOCSPI, a larval SA that expires by itself). */
  | {
      readonly kind: 'allocate-spi';
      readonly protocol: ChildProtocol;
      readonly local: IpAddress;
      readonly remote: IpAddress;
      readonly reqid: number;
    }
  /**
   * Steps done in order, all or nothing: where one is refused, those before it are undone and the reply names it.
   * Removing what is not there counts as done.
   */
  | { readonly kind: 'apply'; readonly steps: readonly DataPlaneStep[] }
  /** Counters of SAs; those that are gone are missing in the reply. */
  | { readonly kind: 'query'; readonly sas: readonly SaKey[] };

export type DataPlaneReply =
  | { readonly kind: 'spi'; readonly spi: number }
  | { readonly kind: 'done' }
  | { readonly kind: 'counters'; readonly counters: readonly SaCounters[] }
  | { readonly kind: 'refused'; readonly failure: DataPlaneFailure };

export type DataPlaneFailure = {
  /** What was tried, in words: `add ESP SA`, `add policy out`. */
  readonly operation: string;
  /** The algorithm in question, where there is one. */
  readonly algorithm?: string;
  /** errno name such as `ENOSYS`, `EEXIST`. */
  readonly code: string;
  /** The kernel's own words, where it gave any: `Requested type not found`. */
  readonly detail?: string;
};

export type DataPlaneStep =
  | { readonly kind: 'add-sa'; readonly sa: SaSpec }
  /** Changes the outer addresses and ports of an SA in place, after an authenticated change of the peer's endpoint. */
  | { readonly kind: 'move-sa'; readonly sa: SaKey; readonly to: SaAddresses }
  | { readonly kind: 'remove-sa'; readonly sa: SaKey }
  /** Policies and routes are shared: each is there as long as one owner holds it. */
  | { readonly kind: 'add-policy'; readonly owner: string; readonly policy: PolicySpec }
  | { readonly kind: 'remove-policy'; readonly owner: string; readonly policy: PolicySpec }
  | { readonly kind: 'add-route'; readonly owner: string; readonly route: RouteSpec }
  | { readonly kind: 'remove-route'; readonly owner: string; readonly route: RouteSpec };

export type SaDirection = 'in' | 'out';

/** What identifies an SA in a kernel: destination, protocol and SPI. */
export type SaKey = { readonly protocol: ChildProtocol; readonly destination: IpAddress; readonly spi: number };

/** Outer addresses; `encap` is the pair of UDP ports of ESP-in-UDP (RFC 3948). */
export type SaAddresses = {
  readonly source: IpAddress;
  readonly destination: IpAddress;
  readonly encap?: { readonly sourcePort: number; readonly destinationPort: number };
};

export type SaSpec = SaAddresses & {
  readonly direction: SaDirection;
  readonly protocol: ChildProtocol;
  readonly spi: number;
  readonly reqid: number;
  readonly mode: 'tunnel' | 'transport';
  readonly encryption?: EncryptionKeyword;
  /** Key, followed by the salt for combined-mode algorithms (as KEYMAT yields it). */
  readonly encryptionKey?: Uint8Array;
  readonly integrity?: IntegrityKeyword;
  readonly integrityKey?: Uint8Array;
  readonly esn: boolean;
  /** Packets; inbound only. 0: repetitions are not looked for. */
  readonly replayWindow: number;
  /** The XFRM interface that its packets belong to. */
  readonly ifId?: number;
  /** Only packets with this mark find it. */
  readonly mark?: Mark;
  /** What its packets are marked with: outbound the protected ones, inbound those that were in them. */
  readonly setMark?: Mark;
  /** What goes from one IP header of a tunnel to the other; as the kernel has it where nothing is said. */
  readonly headers?: HeaderCopying;
  /** The backstop: the kernel drops the SA after this time even where the daemon is dead. */
  readonly hardLifetime?: Duration;
  readonly bytes?: UsageLimits;
  readonly packets?: UsageLimits;
};

/** The bits of a packet's mark that `mask` selects: those to compare, or to set. 32 bits each. */
export type Mark = { readonly value: number; readonly mask: number };

export type HeaderCopying = {
  /** False: the outer header does not forbid fragmentation, whatever the inner one says. */
  readonly df?: false;
  /** False: the two ECN fields have nothing to do with each other (against RFC 6040). */
  readonly ecn?: false;
  /** DSCP: `out` when a packet is sealed, which Linux does, `in` when it is opened. */
  readonly dscp?: 'out' | 'in' | 'both' | 'none';
};

/** At `soft` the data plane reports an expiry, at `hard` it drops the SA. */
export type UsageLimits = { readonly soft: number; readonly hard: number };

export type PolicyDirection = 'in' | 'out' | 'fwd';

export type PolicySpec = {
  readonly direction: PolicyDirection;
  readonly source: TrafficSelector;
  readonly destination: TrafficSelector;
  /**
   * `trap` asks for an SA where there is none: its packets wait or are dropped, and the first is told as `acquire`. It
   * gives way to `protect`, and `block` gives way to it.
   */
  readonly action: 'protect' | 'trap' | 'bypass' | 'block';
  /** For `protect` and `trap`: what the packet is wrapped in. */
  readonly template?: {
    readonly protocol: ChildProtocol;
    readonly mode: 'tunnel' | 'transport';
    readonly reqid: number;
    readonly source: IpAddress;
    readonly destination: IpAddress;
  };
  /** It is for packets with this mark alone. */
  readonly mark?: Mark;
  /** It is for packets of the XFRM interface with this number alone; without one for those of none. */
  readonly ifId?: number;
  /** Before all policies that have none, or behind them, whatever the selectors say. */
  readonly precedence?: 'first' | 'last';
  /** Instead of the one that follows from selectors, action and precedence; the lowest decides. */
  readonly priority?: number;
};

/** The routing table, by number, and the metric; those of the kernel (`main`, none) where nothing is said. */
export type RoutePlace = { readonly table?: number | undefined; readonly metric?: number | undefined };

export type RouteSpec = RoutePlace & {
  readonly destination: Prefix;
  /** The outer peer: the route leaves by the interface and next hop that lead there. */
  readonly via: IpAddress;
  /** An own address within the local selectors, where there is one: the source of the gateway's own packets. */
  readonly localSelectors: readonly TrafficSelector[];
};

export type SaCounters = {
  readonly sa: SaKey;
  readonly bytes: number;
  readonly packets: number;
  /** Wall clock, milliseconds; absent before the first packet, and where the kernel does not tell (Linux before 6.2). */
  readonly lastUsedAt?: number;
};

/** What a data plane can do, by trial. */
export type DataPlaneCapabilities = Pick<Capabilities, 'esp' | 'ah'> & {
  /** Why a protocol does not work at all, in words; absent where it works. */
  readonly unavailable: { readonly esp?: string; readonly ah?: string };
};

/** What the data plane reports by itself. */
export type DataPlaneEvent =
  /** A packet has met a `trap`. It is told again only after a while (Linux: net.core.xfrm_acq_expires). */
  | (PacketSelectors & { readonly kind: 'acquire'; readonly reqid: number })
  | { readonly kind: 'expire'; readonly sa: SaKey; readonly hard: boolean }
  /** Authenticated ESP-in-UDP arrived from another endpoint. */
  | {
      readonly kind: 'mapping';
      readonly sa: SaKey;
      readonly from: { readonly address: IpAddress; readonly port: number };
    }
  /** Events were lost: whoever relies on them must query. */
  | { readonly kind: 'overrun' };
