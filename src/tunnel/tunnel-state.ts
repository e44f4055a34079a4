import type { IpAddress } from '../base/net.ts';
import type { Instant, Moment } from '../base/time.ts';
import type { TunnelPolicy } from '../ike/common/policy.ts';
import type { Reason, Stage } from '../ike/common/reason.ts';
import type { PacketSelectors } from '../sa/traffic-selector.ts';
import { NO_TRAIL, type Trail } from './diagnosis/trail.ts';

/** A configured tunnel: what the core needs of it, and whether the operator wants it at all. */
export type ManagedTunnel = { readonly policy: TunnelPolicy; readonly enabled: boolean };

/** What the supervisor remembers of one tunnel. Plain data. */
export type TunnelState = {
  policy: TunnelPolicy;
  readonly enabled: boolean;
  /**
   * `up`: we see to it; `traffic`: we do once a packet asks for it; `peer`: it is up to the peer; `down`: the operator
   * has taken it down.
   */
  desired: 'up' | 'traffic' | 'peer' | 'down';
  /** `desired` is what follows the peer's closing (`closeAction`) or our giving up, until it is connected again. */
  afterClose: boolean;
  /** Attempts since it was last connected. */
  attempt: number;
  attemptStartedAt: Instant | undefined;
  /** When the attempts of a tunnel that should be up end (`retry.giveUp`); undefined where they never do, or none has begun. */
  giveUpAt: Instant | undefined;
  /** The IKE SA of the attempt under way. */
  current: number | undefined;
  /** Those that the last packet, or the operator, has yet to be given; for `traffic` only. */
  attemptsLeft: number;
  /** It is tried once only: where that fails, nothing follows before it is asked for again. */
  once: boolean;
  /** The packet that has asked for it. */
  packet: PacketSelectors | undefined;
  /** What the resolver has been asked for. */
  resolving: 'attempt' | 'trap' | undefined;
  /** The last address that the name of the peer had. */
  address: IpAddress | undefined;
  /** The data plane tells of packets that find no Child SA. */
  trapped: boolean;
  failure: { readonly stage: Stage; readonly reason: Reason } | undefined;
  nextAttemptAt: Moment | undefined;
  /** That time has come, and other tunnels are being brought up first. */
  awaitsTurn: boolean;
  /** The Child SAs that carry its traffic now: the only evidence of being connected. */
  readonly children: Set<string>;
  connectedAt: Instant | undefined;
  /** The operator has ended some of its Child SAs: as long as there are others, none is made in their place. */
  partial: boolean;
  /** The configuration has given it pairs of segments since it was connected: what of them is missing is asked for. */
  pairsAdded: boolean;
  /** What the events have shown of it, for whoever asks why it is as it is. */
  trail: Trail;
};

export function newTunnelState({ policy, enabled }: ManagedTunnel): TunnelState {
  return {
    policy,
    enabled,
    desired: enabled ? wish(policy) : 'down',
    afterClose: false,
    attempt: 0,
    attemptStartedAt: undefined,
    giveUpAt: undefined,
    current: undefined,
    attemptsLeft: 0,
    once: false,
    packet: undefined,
    resolving: undefined,
    address: undefined,
    trapped: false,
    failure: undefined,
    nextAttemptAt: undefined,
    awaitsTurn: false,
    children: new Set(),
    connectedAt: undefined,
    partial: false,
    pairsAdded: false,
    trail: NO_TRAIL,
  };
}

/** What the configuration asks for; a peer of any address cannot be called. */
export function wish({ start, remote }: TunnelPolicy): 'up' | 'traffic' | 'peer' {
  return remote.address.kind === 'any' ? 'peer' : WISHES[start];
}

const WISHES = { initiate: 'up', 'on-traffic': 'traffic', respond: 'peer' } as const;

/** The peer has closed it: what is to be done now, in the place of what the configuration asks for. */
export function heedClose(tunnel: TunnelState): void {
  const { closeAction, remote } = tunnel.policy;
  if (closeAction === undefined || tunnel.desired === 'down' || remote.address.kind === 'any') return;
  // A tunnel that waits for traffic does so whatever becomes of its Child SAs.
  const keepsTrap = closeAction === 'clear' && wish(tunnel.policy) === 'traffic';
  tunnel.desired = keepsTrap ? 'traffic' : CLOSED_WISHES[closeAction];
  tunnel.afterClose = true;
}

/** Its time is over: where no successor was to be made, an operator who has asked for it has had it. */
export function heedEnd(tunnel: TunnelState): void {
  if (tunnel.policy.childRekey === 'never' && tunnel.desired !== 'down') tunnel.desired = wish(tunnel.policy);
}

const CLOSED_WISHES = { restart: 'up', hold: 'traffic', clear: 'peer' } as const;

/** It is connected again, or somebody has said what is to be done. */
export function forgetClose(tunnel: TunnelState): void {
  if (tunnel.afterClose) tunnel.desired = wish(tunnel.policy);
  tunnel.afterClose = false;
}

/** Whether attempts of ours are wanted, now or once there is traffic. */
export function mayCall({ desired }: TunnelState): boolean {
  return desired === 'up' || desired === 'traffic';
}

/** Whether an attempt of a tunnel that waits for traffic is under way, or the next one of its series is to come. */
export function isTrying({ attemptsLeft, current, resolving, nextAttemptAt, trapped }: TunnelState): boolean {
  // Without a trap the timer is there to set one.
  const timed = nextAttemptAt !== undefined && trapped;
  return attemptsLeft > 0 || current !== undefined || resolving === 'attempt' || timed;
}
