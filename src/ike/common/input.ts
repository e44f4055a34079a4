import type { Endpoint, IpAddress } from '../../base/net.ts';
import type { KeyExchangeResult } from '../../crypto/key-exchange-job.ts';
import type { DataPlaneEvent, DataPlaneReply } from '../../sa/data-plane.ts';
import type { PacketSelectors } from '../../sa/traffic-selector.ts';
import type { ShuntPolicy, TunnelPolicy } from './policy.ts';
import type { Reason } from './reason.ts';

/** What is to get new keys. */
export type Renewed = 'ike' | 'child';

/** Everything that can reach the core. */
export type Input =
  /** As it came from UDP: on port 4500 with its non-ESP marker. `local` is the address it was sent to. */
  | { readonly kind: 'datagram'; readonly local: Endpoint; readonly remote: Endpoint; readonly bytes: Uint8Array }
  | { readonly kind: 'timer'; readonly key: string }
  | { readonly kind: 'dataplane.reply'; readonly request: number; readonly reply: DataPlaneReply }
  | { readonly kind: 'dataplane.event'; readonly event: DataPlaneEvent }
  | { readonly kind: 'job.reply'; readonly request: number; readonly result: KeyExchangeResult }
  /** The answer to `resolve`; no address: the name has none, or the resolver did not answer. */
  | { readonly kind: 'resolved'; readonly tunnel: string; readonly address: IpAddress | undefined }
  | { readonly kind: 'command'; readonly command: CoreCommand };

export type CoreCommand =
  /**
   * Replaces the set of tunnels. Live SAs are left alone: whoever changes a tunnel also says what becomes of them.
   * `renamed` has the new name of each tunnel that goes on under another one, by the old.
   */
  | {
      readonly kind: 'configure';
      readonly tunnels: readonly TunnelPolicy[];
      readonly renamed?: ReadonlyMap<string, string>;
    }
  /** Tunnels of names that nobody has, beside those there are. */
  | { readonly kind: 'add-tunnels'; readonly tunnels: readonly TunnelPolicy[] }
  /** Tunnels that are not for many peers are gone; their SAs are left alone as well. */
  | { readonly kind: 'remove-tunnels'; readonly names: readonly string[] }
  /** Replaces the set of shunts. They stand until another set does. */
  | { readonly kind: 'shunts'; readonly shunts: readonly ShuntPolicy[] }
  /** What the tunnel no longer has of segments goes out of its Child SAs; the rest of each goes on. */
  | { readonly kind: 'prune'; readonly tunnel: string; readonly reason: Reason }
  /** Makes successors now, make before break: of the IKE SA, or of all Child SAs. */
  | { readonly kind: 'rekey'; readonly tunnel: string; readonly what: Renewed }
  /** `remote` is the resolved address of a peer given by name, `packet` the one that has asked for the tunnel. */
  | {
      readonly kind: 'initiate';
      readonly tunnel: string;
      readonly remote?: IpAddress;
      readonly packet?: PacketSelectors;
    }
  /** Whether the peer may start the tunnel; every tunnel begins with yes. */
  | { readonly kind: 'admit'; readonly tunnel: string; readonly admit: boolean }
  /**
   * Whether the data plane is to tell of the tunnel's next packet, by the event `traffic.waiting`. Setting it again
   * makes it tell of the next one at once, however lately it has told of one.
   */
  | { readonly kind: 'trap'; readonly tunnel: string; readonly set: boolean; readonly remote?: IpAddress }
  /**
   * What the machine has now of a gateway's addresses: `address` is to be used from now on, `others` are there as well.
   * Tunnels that can move (RFC 4555) do so; others start over if the address that they use is gone.
   */
  | {
      readonly kind: 'local-address';
      readonly gateway: string;
      readonly address: IpAddress;
      readonly others: readonly IpAddress[];
    }
  /** Deletes all SAs of the tunnel, at the peer too. */
  | { readonly kind: 'terminate'; readonly tunnel: string; readonly reason: Reason }
  | SingleCommand;

/** What concerns one SA, whatever else its tunnel has. Nothing where it is gone, or going. */
export type SingleCommand =
  /** Makes a successor of one Child SA now. */
  | { readonly kind: 'rekey-child'; readonly tunnel: string; readonly child: string }
  /** Deletes one Child SA with whatever is to take its place, at the peer too. */
  | { readonly kind: 'end-child'; readonly tunnel: string; readonly child: string; readonly reason: Reason }
  /** Makes a successor of one IKE SA now; `anew`: one that authenticates both ends again. IKEv1 has no other. */
  | { readonly kind: 'rekey-ike'; readonly ikeSa: number; readonly anew: boolean }
  /** Deletes one IKE SA with its Child SAs, of all its tunnels; `atOnce`: without waiting for the peer's answer. */
  | { readonly kind: 'end-ike'; readonly ikeSa: number; readonly reason: Reason; readonly atOnce: boolean };
