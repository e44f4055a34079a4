import type { Endpoint } from '../../base/net.ts';
import type { KeyExchangeResult } from '../../crypto/key-exchange-job.ts';
import type { DataPlaneReply } from '../../sa/data-plane.ts';
import type { Renewed } from './input.ts';
import type { OwnAddresses } from './own-addresses.ts';
import type { Reason } from './reason.ts';

/** What can happen to an IKE SA from outside. */
export type Work =
  | { readonly kind: 'datagram'; readonly local: Endpoint; readonly remote: Endpoint; readonly message: Uint8Array }
  | { readonly kind: 'timer'; readonly name: string }
  /** The data plane dropped it at the end of its lifetime. */
  | { readonly kind: 'child-expired'; readonly child: string }
  /** Authentic ESP in UDP came from another endpoint than the data plane knew. */
  | { readonly kind: 'peer-mapped'; readonly remote: Endpoint }
  /** A timer of one of its Child SAs. */
  | { readonly kind: 'child-timer'; readonly child: string; readonly name: string }
  /** The data plane says that a Child SA is near the end of what it may carry. */
  | { readonly kind: 'child-due'; readonly child: string }
  /** The tunnel lacks Child SAs that it should have. */
  | { readonly kind: 'connect'; readonly tunnel: string }
  /** New keys are wanted now: those of the IKE SA, or of the tunnel's Child SAs. */
  | { readonly kind: 'rekey'; readonly tunnel: string; readonly what: Renewed }
  /** The tunnel has fewer segments than before. */
  | { readonly kind: 'prune'; readonly tunnel: string; readonly reason: Reason }
  /** The addresses of this machine have changed. */
  | { readonly kind: 'own-addresses'; readonly own: OwnAddresses }
  /** One of its Child SAs is to go. */
  | { readonly kind: 'end-child'; readonly child: string; readonly reason: Reason }
  /** A new one that authenticates both ends again is to take its place, whoever has begun this one. */
  | { readonly kind: 'reauthenticate' }
  /** It is to go with all that it has, whichever tunnels use it. */
  | { readonly kind: 'end'; readonly reason: Reason; readonly atOnce: boolean }
  /** The tunnel makes no more use of it. */
  | { readonly kind: 'leave'; readonly tunnel: string; readonly reason: Reason };

export type EffectAnswer =
  | { readonly kind: 'job'; readonly result: KeyExchangeResult }
  | { readonly kind: 'dataplane'; readonly reply: DataPlaneReply };
