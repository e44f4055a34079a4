import type { DataPlaneEvent, PolicySpec, SaAddresses, SaSpec } from '../sa/data-plane.ts';

/**
 * What the control side tells a thread. An SA is named by its slot among the counters, which does not change when its
 * addresses do. Threads apply commands in order.
 */
export type Command =
  /** Nothing but a sign that the thread is at work. */
  | { readonly kind: 'begin' }
  | { readonly kind: 'add-sa'; readonly slot: number; readonly sa: SaSpec; readonly pathMtu: number }
  | { readonly kind: 'move-sa'; readonly slot: number; readonly to: SaAddresses; readonly pathMtu: number }
  | { readonly kind: 'remove-sa'; readonly slot: number }
  /** The path to the peer takes packets of this size, outer header included, bytes. */
  | { readonly kind: 'path-mtu'; readonly slot: number; readonly pathMtu: number }
  | { readonly kind: 'set-policy'; readonly key: string; readonly policy: PolicySpec }
  | { readonly kind: 'clear-policy'; readonly key: string }
  | { readonly kind: 'stop' };

/** What came of a command: undefined, or the errno name that the data plane answers with. */
export type CommandFailure = { readonly code: string; readonly detail?: string };

/** With the number of the command, by which the control side knows the failure of one that it waits for no longer. */
export type NumberedFailure = CommandFailure & { readonly command: number };

/** What a thread tells by itself. It names SAs by their slots: what these are called by now, the control side knows. */
export type Report =
  | Extract<DataPlaneEvent, { readonly kind: 'acquire' }>
  | { readonly kind: 'expire'; readonly slot: number; readonly hard: boolean }
  | {
      readonly kind: 'mapping';
      readonly slot: number;
      readonly from: { readonly address: string; readonly port: number };
    }
  /** An IKE message that came to the sockets of ESP. */
  | {
      readonly kind: 'ike';
      readonly from: { readonly address: string; readonly port: number };
      readonly to: string;
      readonly bytes: Uint8Array;
    }
  /** A packet did not fit the path to the peer. */
  | { readonly kind: 'oversize'; readonly slot: number };
