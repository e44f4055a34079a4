import type { Endpoint } from '../../base/net.ts';
import type { Instant } from '../../base/time.ts';
import type { KeyExchangeJob } from '../../crypto/key-exchange-job.ts';
import type { DataPlaneRequest } from '../../sa/data-plane.ts';
import type { GatewayEvent } from './event.ts';

/** Everything that the core can ask for. Effects are performed in order; each request is answered exactly once. */
export type Effect =
  | { readonly kind: 'send'; readonly from: Endpoint; readonly to: Endpoint; readonly datagram: Uint8Array }
  /** Setting an existing key replaces it. */
  | { readonly kind: 'timer.set'; readonly key: string; readonly at: Instant }
  | { readonly kind: 'timer.clear'; readonly key: string }
  | { readonly kind: 'dataplane'; readonly request: number; readonly operation: DataPlaneRequest }
  /** `established`: for an IKE SA that is, which goes before those that are not. */
  | { readonly kind: 'job'; readonly request: number; readonly job: KeyExchangeJob; readonly established: boolean }
  /** Looks up the address of a peer that is given by name. */
  | { readonly kind: 'resolve'; readonly tunnel: string; readonly name: string }
  | { readonly kind: 'emit'; readonly event: GatewayEvent };
