import type { Instant, Moment } from '../base/time.ts';
import type { TunnelPolicy } from '../ike/common/policy.ts';
import type { Reason, Stage } from '../ike/common/reason.ts';

/** A configured tunnel: what the core needs of it, and whether the operator wants it at all. */
export type ManagedTunnel = { readonly policy: TunnelPolicy; readonly enabled: boolean };

/** What the supervisor remembers of one tunnel. Plain data. */
export type TunnelState = {
  readonly policy: TunnelPolicy;
  readonly enabled: boolean;
  /** `up`: we see to it; `peer`: it is up to the peer; `down`: the operator has taken it down. */
  desired: 'up' | 'peer' | 'down';
  /** Attempts since it was last connected. */
  attempt: number;
  attemptStartedAt: Instant | undefined;
  /** The IKE SA of the attempt under way. */
  current: number | undefined;
  resolving: boolean;
  /** Its next packet is waited for. */
  trapped: boolean;
  failure: { readonly stage: Stage; readonly reason: Reason } | undefined;
  nextAttemptAt: Moment | undefined;
  /** The Child SAs that carry its traffic now: the only evidence of being connected. */
  readonly children: Set<string>;
  connectedAt: Instant | undefined;
};

export function newTunnelState({ policy, enabled }: ManagedTunnel): TunnelState {
  return {
    policy,
    enabled,
    desired: enabled ? wish(policy) : 'down',
    attempt: 0,
    attemptStartedAt: undefined,
    current: undefined,
    resolving: false,
    trapped: false,
    failure: undefined,
    nextAttemptAt: undefined,
    children: new Set(),
    connectedAt: undefined,
  };
}

/** What the configuration asks for; a peer of any address cannot be called. */
export function wish(policy: TunnelPolicy): 'up' | 'peer' {
  return policy.start === 'respond' || policy.remote.address.kind === 'any' ? 'peer' : 'up';
}
