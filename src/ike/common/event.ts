import type { Endpoint, IpAddress } from '../../base/net.ts';
import type { PacketSelectors } from '../../sa/traffic-selector.ts';
import type { MessageRecord } from './message-record.ts';
import type { Nat } from './nat-detection.ts';
import type { Reason, Stage } from './reason.ts';

/**
 * What happened, in the past tense: the one stream that log, metrics, control events and statuses are folds of.
 * Events name objects; their details are read from the core's views. No key material ever.
 */
export type GatewayEvent =
  | (IkeSaRef & { readonly type: 'ike.initiated'; readonly remote: Endpoint })
  /** The peer has answered; whether it is the peer at all is not proven yet. `remote` is where the answer came from. */
  | (IkeSaRef & { readonly type: 'ike.answered'; readonly remote: Endpoint })
  | (IkeSaRef & { readonly type: 'ike.established' })
  /** A peer of a tunnel for many has proven who it is, and has a tunnel of its own from now on; with its last SA that goes. */
  | (InstanceRef & { readonly type: 'instance.added'; readonly remote: IpAddress })
  | (InstanceRef & { readonly type: 'instance.removed' })
  | (IkeSaRef & { readonly type: 'ike.rekeyed'; readonly successor: number })
  /** An IKE SA that was not yet established came to nothing. */
  | (IkeSaRef & {
      readonly type: 'ike.failed';
      readonly stage: Stage;
      readonly reason: Reason;
      /** Further tunnels that have waited for it. */
      readonly others?: readonly string[];
    })
  /** An established IKE SA is gone. */
  | (IkeSaRef & { readonly type: 'ike.closed'; readonly reason: Reason })
  | (ChildRef & { readonly type: 'child.installed' })
  | (ChildRef & { readonly type: 'child.rekeyed'; readonly successor: string })
  | (ChildRef & { readonly type: 'child.deleted'; readonly reason: Reason })
  /** A Child SA was refused or could not be installed, while the IKE SA lives on. */
  | (IkeSaRef & { readonly type: 'child.failed'; readonly reason: Reason })
  | (IkeSaRef & Nat & { readonly type: 'nat.detected' })
  | (IkeSaRef & { readonly type: 'auth.failed'; readonly reason: Reason })
  /** Only where it is asked for (`IkeCoreOptions.recordMessages`). */
  | (IkeSaRef & MessageRecord & { readonly type: 'message.sent' })
  | (IkeSaRef & MessageRecord & { readonly type: 'message.received' })
  | (IkeSaRef & { readonly type: 'message.retransmitted'; readonly attempt: number })
  | (IkeSaRef & { readonly type: 'peer.unresponsive' })
  | (IkeSaRef & { readonly type: 'peer.moved'; readonly from: Endpoint; readonly to: Endpoint })
  /** Another member of the peer's cluster has taken over, and has named the message IDs to go on with (RFC 6311). */
  | (IkeSaRef & { readonly type: 'peer.synchronized' })
  /** We have moved, or follow what the peer says of its addresses (RFC 4555). */
  | (IkeSaRef & { readonly type: 'path.changed'; readonly local: Endpoint; readonly remote: Endpoint })
  /** A packet for a tunnel that waits for one, or for segments of it that have no Child SA. */
  | (PacketSelectors & { readonly type: 'traffic.waiting'; readonly tunnel: string })
  /** The data plane refuses to wait for a packet. */
  | { readonly type: 'trap.failed'; readonly tunnel: string; readonly reason: Reason }
  | {
      readonly type: 'kernel.failed';
      readonly tunnel?: string;
      readonly operation: string;
      readonly algorithm?: string;
      readonly code: string;
    }
  /** A request that fits no tunnel, or a peer refused before there was an IKE SA. */
  | { readonly type: 'peer.refused'; readonly remote: Endpoint; readonly tunnel?: string; readonly reason: Reason }
  /** A peer began an IKE SA and did not go on; which tunnel it meant is a guess by its address. */
  | { readonly type: 'peer.unfinished'; readonly remote: Endpoint; readonly tunnel: string }
  /** `why` is a fixed word per cause, for counters; `count` is how many of them this event stands for. */
  | { readonly type: 'datagram.dropped'; readonly remote: Endpoint; readonly why: string; readonly count: number };

/** `ikeSa` is our own number of the IKE SA, unique within a run. `tunnel` is absent until the peer is known. */
export type IkeSaRef = { readonly tunnel?: string; readonly ikeSa: number };

/** `tunnel` is that of the one peer, `template` the tunnel for many that it is of. */
export type InstanceRef = { readonly tunnel: string; readonly template: string };

/** `child` is our own id of the Child SA, `<tunnel>#<n>`. */
export type ChildRef = { readonly tunnel: string; readonly ikeSa: number; readonly child: string };
