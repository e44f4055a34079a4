import type { Entropy } from '../../base/entropy.ts';
import type { Endpoint } from '../../base/net.ts';
import type { Secret } from '../../base/secret.ts';
import type { Instant, Now } from '../../base/time.ts';
import type { KeyExchangeJob } from '../../crypto/key-exchange-job.ts';
import type { ChildSa } from '../../sa/child-sa.ts';
import type { DataPlaneRequest, DataPlaneStep } from '../../sa/data-plane.ts';
import type { Capabilities } from '../../sa/proposal.ts';
import type { TrafficSelector } from '../../sa/traffic-selector.ts';
import type { GatewayEvent } from './event.ts';
import type { Caller } from './instances.ts';
import type { Policies } from './policies.ts';
import type { TunnelPolicy } from './policy.ts';
import type { RateLimit } from './rate-limit.ts';
import type { Reason } from './reason.ts';

/** Whose a timer or a request is: an IKE SA, by its number, or a tunnel with its Child SAs, by its name. */
export type Owner = number | string;

/**
 * What an IKE SA may reach while it handles one input: the time, randomness, the policies, and a way to ask for
 * effects. It lives as long as that one input; nothing keeps it.
 */
export interface Context {
  readonly now: Now;
  readonly entropy: Entropy;
  readonly capabilities: Capabilities;
  readonly policies: Policies;
  /** Survives a crash, and makes the tokens that tell the peers of one (RFC 6290); absent where nothing would. */
  readonly crashSecret: Secret | undefined;
  /** Whether each message is told of (`message.sent`, `message.received`). */
  readonly recordsMessages: boolean;

  send(from: Endpoint, to: Endpoint, datagram: Uint8Array): void;
  emit(event: GatewayEvent): void;
  /** Counts a datagram that had no effect, and reports it at a limited rate. */
  drop(remote: Endpoint, why: string): void;
  /** For what anyone can cause: true at most once in a while for each key. Keys are of the configuration, or fixed. */
  isTimely(key: string): boolean;
  /** The same with a limit of its own: whether one more is within it, which counts it. */
  isWithin(key: string, limit: RateLimit): boolean;
  setTimer(owner: Owner, name: string, at: Instant): void;
  clearTimer(owner: Owner, name: string): void;
  /** The reply comes back to the same owner, with the number that is returned here. */
  requestDataPlane(owner: Owner, operation: DataPlaneRequest): number;
  /** The reply comes to the tunnel in the place of the IKE SA that has asked and ends. */
  handOver(request: number, tunnel: string): void;
  /** A request whose reply changes nothing, such as the removal of an SA that is gone for us either way. */
  requestCleanUp(operation: DataPlaneRequest): void;
  /**
   * Moves a Child SA. `remains` removes it from where it was: where the data plane refuses the move nobody knows any more
   * what the kernel has, so that the Child SA ends, and the tunnel starts over.
   */
  requestMove(child: ChildSa, steps: readonly DataPlaneStep[], remains: readonly DataPlaneStep[]): void;
  requestJob(ikeSa: number, job: KeyExchangeJob): number;
  /** Whether the peer may start this tunnel now. */
  admits(policy: TunnelPolicy): boolean;
  /**
   * Makes the tunnel of a peer that has just proven who it is, where `policy` is an instance of a tunnel for many, and a
   * reason where that may not have one more. Nothing is to be done for any other policy.
   */
  join(policy: TunnelPolicy, caller: Caller): Reason | undefined;
  /** Whether no other IKE SA joins the two identities of `policy`: what INITIAL_CONTACT claims (RFC 7296 §2.4). */
  isOnlyContact(ikeSa: number, policy: TunnelPolicy): boolean;
  newChildId(tunnel: string): string;
  /** The Child SAs of a tunnel, the eldest first. */
  childrenOf(tunnel: string): readonly ChildSa[];
  /** Child SAs of peers of tunnels for many that may have a part of these segments. */
  heldNear(segments: readonly TrafficSelector[]): Iterable<ChildSa>;
  addChild(child: ChildSa): void;
  /** Forgets it; what the data plane holds of it is the caller's affair. */
  dropChild(child: ChildSa): void;
  /** The same number for the same selectors of the same tunnel as long as a Child SA uses it: rekeying keeps it. */
  reqidFor(
    policy: Pick<TunnelPolicy, 'name' | 'attributes'>,
    local: readonly TrafficSelector[],
    remote: readonly TrafficSelector[],
  ): number;
}
