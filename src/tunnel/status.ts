import type { Reason } from '../ike/common/reason.ts';

/** The shape of `cygnet status --json`: a published interface, changed only by adding. */
export type StatusReport = { readonly tunnels: readonly TunnelStatus[] };

export type ResourceStatus = 'creating' | 'running' | 'deleting';

export type ConnectionStatus = 'connecting' | 'connected' | 'stage1Failure' | 'stage2Failure' | 'disabled' | 'waiting';

export type TunnelStatus = {
  readonly name: string;
  readonly gateway: string;
  readonly peer: string;
  /** The tunnel for many peers that it is one peer's of; absent where it is configured itself. */
  readonly template?: string;
  readonly resourceStatus: ResourceStatus;
  readonly connectionStatus: ConnectionStatus;
  readonly reason: Reason | null;
  /** The attempt under way or last made, counted since the tunnel was last connected; 0 before the first. */
  readonly attempt: number;
  /** ISO 8601; null where none is planned. */
  readonly nextAttemptAt: string | null;
  readonly ike: IkeStatus | null;
  readonly children: readonly ChildStatus[];
  readonly pairs: PairsReport;
};

/** The configured pairs of segments: how many there are, how many a Child SA carries now, and which are without one. */
export type PairsReport = {
  readonly total: number;
  readonly up: number;
  readonly down: readonly { readonly local: string; readonly remote: string }[];
};

export type IkeStatus = {
  readonly version: 1 | 2;
  readonly state: string;
  readonly role: 'initiator' | 'responder';
  /** Lower-case hexadecimal without 0x. */
  readonly initiatorSpi: string;
  readonly responderSpi: string;
  /** `address:port`. */
  readonly local: string;
  readonly remote: string;
  readonly localId: string | null;
  readonly remoteId: string | null;
  /** strongSwan's notation, such as `aes128-sha1-modp1024`. */
  readonly proposal: string | null;
  /** Which end is behind NAT; `forced`: this end says so of itself, as `ipsec.encapsulation` wants it. */
  readonly nat: { readonly local: boolean; readonly remote: boolean; readonly forced: boolean };
  /** Whether a post-quantum key protects the Child SAs (RFC 8784). */
  readonly ppk: boolean;
  /** The addresses of each end beside the one in use, as it has told the other; null where the IKE SA cannot move. */
  readonly mobike: { readonly localAddresses: readonly string[]; readonly remoteAddresses: readonly string[] } | null;
  readonly establishedAt: string | null;
  readonly rekeyAt: string | null;
};

export type ChildStatus = {
  readonly spiIn: string;
  readonly spiOut: string;
  readonly protocol: 'esp' | 'ah';
  readonly mode: 'tunnel' | 'transport';
  readonly encap: boolean;
  readonly proposal: string;
  readonly localSubnets: readonly string[];
  readonly remoteSubnets: readonly string[];
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly packetsIn: number;
  readonly packetsOut: number;
  readonly installedAt: string | null;
  readonly rekeyAt: string | null;
};
