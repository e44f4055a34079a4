import type { AddressRange } from '../../base/address-range.ts';
import type { IpAddress } from '../../base/net.ts';
import type { Secret } from '../../base/secret.ts';
import type { Duration } from '../../base/time.ts';
import type { AttributeChoice, ChildAttributes } from '../../sa/child-attributes.ts';
import type { Identity } from '../../sa/identity.ts';
import type { IdentityPattern } from '../../sa/identity-pattern.ts';
import type { RekeyChoice, RekeyTime } from '../../sa/lifetime.ts';
import type { ChildProtocol, Proposal } from '../../sa/proposal.ts';
import type { RouteChoice } from '../../sa/routes.ts';
import type { TrafficSelector } from '../../sa/traffic-selector.ts';
import type { Allowance } from '../../sa/usage-limits.ts';

/** Where the peer is expected. A name is resolved at every attempt. */
export type PeerAddress =
  | { readonly kind: 'address'; readonly address: IpAddress }
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'any' };

/** A post-quantum preshared key (PPK) of RFC 8784. */
export type PostQuantumKey = {
  /** What the peer knows it by; printable ASCII. */
  readonly id: string;
  readonly secret: Secret;
  /** False: where the peer does not have it, the tunnel comes up without. */
  readonly required: boolean;
};

/** Traffic that passes beside all tunnels, or does not pass at all, whichever of them it would belong to. */
export type ShuntPolicy = {
  readonly name: string;
  readonly action: 'bypass' | 'block';
  readonly localSelectors: readonly TrafficSelector[];
  readonly remoteSelectors: readonly TrafficSelector[];
  /** Before all tunnels, or behind them; absent: the narrower decides. */
  readonly precedence?: 'first' | 'last';
  readonly attributes?: Pick<ChildAttributes, 'ifId' | 'mark' | 'priority' | 'forwardOut'>;
};

/** A key that belongs to one peer alone. */
export type PeerKey = { readonly identity: Identity; readonly psk: Secret };

/** What a tunnel for many peers has in the place of one identity and one key. */
export type Many = {
  readonly keys: readonly PeerKey[];
  /** The key of all whom no key is configured for; without it nobody else gets in. */
  readonly common?: Secret;
  /** How many peers it may have at once. */
  readonly limit: number;
};

/**
 * One VPN tunnel as the core needs it: everything resolved, defaults filled in, nothing left to parse. The
 * configuration (src/config) yields these; the core owns the type.
 */
export type TunnelPolicy = {
  readonly name: string;
  readonly gateway: string;
  readonly peer: string;
  /**
   * It serves any number of peers (`common/instances.ts`): each of them gets a tunnel of its own once it has proven who it
   * is, and this one has no SA that is established. Its `psk` is not used.
   */
  readonly many?: Many;
  /** The tunnel for many peers that it was made from for one of them; absent where it is configured itself. */
  readonly template?: string;
  readonly version: 1 | 2;
  /** IKEv1 only: what answers IKEv1 for a tunnel that has another policy for IKEv2, and begins nothing. */
  readonly besideV2?: true;
  /** IKEv1 only. */
  readonly mode: 'main' | 'aggressive';
  /** IKEv2 only: whether the tunnel may move to other addresses (RFC 4555), if the peer can do so as well. */
  readonly mobike: boolean;
  readonly local: {
    /** The one in use. */
    readonly address: IpAddress;
    /** Further own addresses that the peer may call. */
    readonly alternatives?: readonly IpAddress[];
    readonly identity: Identity;
    readonly selectors: readonly TrafficSelector[];
    /** One of the selectors is `address`, whatever that becomes. */
    readonly dynamic?: true;
  };
  readonly remote: {
    readonly address: PeerAddress;
    /** Further ones of the same peer: attempts go to each in turn, and it may call from any. */
    readonly alternatives?: readonly Exclude<PeerAddress, { readonly kind: 'any' }>[];
    /** Where it may call from, beside its addresses; a peer of any address from nowhere else. */
    readonly within?: readonly AddressRange[];
    /** Absent only where any identity with the right key will do, or any of `pattern`. */
    readonly identity?: Identity;
    readonly pattern?: IdentityPattern;
    readonly selectors: readonly TrafficSelector[];
    /** With `many`: segments that are the address which each peer is seen at. What they have for an address does not count. */
    readonly dynamic?: readonly TrafficSelector[];
  };
  readonly psk: Secret;
  /** IKEv2 only. */
  readonly ppk?: PostQuantumKey;
  /** In order of preference; never empty. */
  readonly ikeProposals: readonly Proposal[];
  /** The key exchange methods of these are the PFS groups; the first Child SA of an IKE_AUTH ignores them. */
  readonly childProposals: readonly Proposal[];
  readonly childProtocol: ChildProtocol;
  /** Between the two gateways themselves, whose addresses all selectors are then. Absent: tunnel mode. */
  readonly childMode?: 'transport';
  /** ESP goes in UDP on every path (RFC 3948). Absent: only where a NAT is found. */
  readonly encapsulation?: 'udp';
  readonly ikeLifetime: Duration;
  /** When a successor of an IKE SA is due; absent: by its lifetime. */
  readonly ikeRekey?: RekeyTime;
  /** IKEv2, `keep`: another host with the identity of a peer that is there is refused. Absent: it takes its place. */
  readonly unique?: 'keep';
  /** IKEv2: whether the first Child SA has a key exchange of its own (RFC 6023), where the peer can do that. */
  readonly childless: boolean;
  /** IKEv2: whether the end of its lifetime takes new proof of who the peer is (RFC 7296 §2.8.3), not only new keys. */
  readonly reauthenticate: boolean;
  /** IKEv2: whether each pair of segments is to have a Child SA of its own, as in IKEv1. */
  readonly singlePairs?: boolean;
  readonly childLifetime: Duration;
  readonly childRekey?: RekeyChoice;
  /** Bytes and packets after which a Child SA ends; without limits of ours where absent. */
  readonly childUsage?: Allowance;
  readonly start: 'initiate' | 'respond' | 'on-traffic';
  readonly dpd: { readonly delay: Duration; readonly timeout: Duration; readonly action: 'hold' | 'clear' | 'restart' };
  /** What follows where the peer has closed the last Child SA; absent: what `start` says, again. */
  readonly closeAction?: 'hold' | 'clear' | 'restart';
  readonly retry: {
    readonly attempts: number;
    readonly interval: Duration;
    /** How long a tunnel that should be up is tried; absent: for ever. */
    readonly giveUp?: Duration;
  };
  /** Whether routes to the remote selectors are installed while connected, and in which table. */
  readonly routes: RouteChoice;
  /** Of its SAs and policies beyond what they protect; absent where nothing is said. */
  readonly attributes?: AttributeChoice;
  /** How long no packet may use the tunnel before it ends; absent: for ever. */
  readonly inactivity?: Duration;
  /** Whether a policy keeps clear text between the selectors from leaving while the tunnel is down. */
  readonly blockClearText: boolean;
};
