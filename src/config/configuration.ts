import type { IpAddress, Prefix } from '../base/net.ts';
import type { Secret } from '../base/secret.ts';
import type { Duration } from '../base/time.ts';
import type { PeerPlaces } from '../ike/common/peer-places.ts';
import type { ShuntPolicy, TunnelPolicy } from '../ike/common/policy.ts';
import type { Position } from './problem.ts';
import type { PskSource } from './psk.ts';

/**
 * Who is told what happens: a program (its path and arguments), or a server by HTTP. `connected` and the like are of a
 * tunnel, `reachable` and `withdrawn` of its pairs of segments.
 */
export type Hook = {
  /** The only one that it is told of; absent: all. */
  readonly tunnel?: string;
  readonly on: readonly HookEvent[];
  readonly timeout: Duration;
  readonly target:
    | { readonly kind: 'program'; readonly argv: readonly [string, ...string[]] }
    | { readonly kind: 'webhook'; readonly url: string; readonly secret?: Secret };
};

export type HookEvent = 'reachable' | 'withdrawn' | 'connected' | 'disconnected' | 'failed';

/** What the files say, checked and with every default filled in. Everything keeps the order of the files. */
export type Configuration = {
  readonly dataplane: 'auto' | 'kernel' | 'userspace';
  /** Where strongSwan's tools may ask; nowhere where absent. It counts when the daemon starts. */
  readonly vici?: { readonly socket: string };
  readonly hooks: readonly Hook[];
  readonly gateways: readonly Gateway[];
  readonly peers: readonly Peer[];
  readonly shunts: readonly Shunt[];
  readonly tunnels: readonly Tunnel[];
  /** The files that were read, the main one first. */
  readonly files: readonly string[];
};

export type Places = (way: string) => Position | undefined;

type Named = {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly remarks: string;
  /** Where its name stands. */
  readonly origin: Position;
  /** Where what is written below it stands, by the keys that lead there: `ike.dhGroup`; undefined where nothing is. */
  readonly places: Places;
};

export type Gateway = Named & {
  /** The address that this machine sends from. */
  readonly address: IpAddress;
  /** Further ones, of the same family: the first that the machine has is used. Mostly none. */
  readonly alternatives: readonly IpAddress[];
  /** The address that the peers see, where a NAT stands before this machine. */
  readonly publicAddress?: IpAddress;
  /** Empty where nothing is said: then local segments are not confined. */
  readonly vpc: readonly Prefix[];
};

/** `singlePairs`: the device takes one pair of segments for each Child SA. */
export type Peer = Named & PeerPlaces & { readonly singlePairs: boolean };

export type Shunt = Named & { readonly policy: ShuntPolicy };

export type Tunnel = Named & {
  readonly enabled: boolean;
  readonly policy: TunnelPolicy;
  readonly pskSource: PskSource;
  readonly ppkSource?: PskSource;
  /** A program that is told of its pairs of segments, and its arguments. */
  readonly updown?: readonly [string, ...string[]];
  /** Of one that was loaded over vici and stands in no file. */
  readonly loaded?: LoadedOrigin;
};

/** What vici calls a tunnel, and what it waits for, in words; undefined where it has all that it needs. */
export type LoadedOrigin = {
  readonly connection: string;
  readonly child: string;
  /** As it was given, whatever follows from that and `start_action` together. */
  readonly closeAction: 'none' | 'trap' | 'start';
  readonly lacks: string | undefined;
  /** Where its own address is written as `dynamic`; absent: nowhere. */
  readonly dynamic?: readonly ('local' | 'remote')[];
};

/** What the core works with: the policies of the tunnels that are enabled. */
export function tunnelPolicies(configuration: Configuration): TunnelPolicy[] {
  return configuration.tunnels.filter((tunnel) => tunnel.enabled).map((tunnel) => tunnel.policy);
}
