import type { Duration } from '../../base/time.ts';
import type { TunnelPolicy } from '../../ike/common/policy.ts';
import type { TunnelStatus } from '../status.ts';
import type { Failure, Trail } from './trail.ts';

/** All that a diagnosis is made of. */
export type Facts = {
  readonly policy: TunnelPolicy;
  readonly status: TunnelStatus;
  readonly trail: Trail;
  /** How long the oldest of its present Child SAs has been there; 0 without any. */
  readonly carriesFor: Duration;
  readonly host: HostFacts;
  /** The other IKE version, where the peer takes up a first message of it. */
  readonly spoken?: 1 | 2;
  /** What became of a packet of 1500 bytes to the peer that must not be fragmented, where a small one was answered. */
  readonly largePackets?: 'answered' | 'lost';
  /** Wall clock, milliseconds since 1970. */
  readonly now: number;
};

/** What the machine itself tells. */
export type HostFacts = {
  /** Counters of the kernel's errors that have moved lately, by its own names; all tunnels together. */
  readonly kernelErrors: Readonly<Record<string, number>>;
  /** Whether it forwards packets between interfaces; absent where that is not known. */
  readonly forwarding?: boolean;
  /** By how much the date was set lately, below 0 for back; absent where it was not. */
  readonly clockStep?: Duration;
};

/** What a verdict on a negotiation that failed rests on. */
export type Case = Facts & { readonly failure: Failure };
