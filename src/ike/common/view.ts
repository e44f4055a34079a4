import type { Endpoint, IpAddress } from '../../base/net.ts';
import type { Moment } from '../../base/time.ts';
import type { Writable } from '../../base/writable.ts';
import type { ChildAttributes } from '../../sa/child-attributes.ts';
import type { ChildSa } from '../../sa/child-sa.ts';
import { inboundSa, outboundSa } from '../../sa/child-sa.ts';
import type { SaKey } from '../../sa/data-plane.ts';
import type { Identity } from '../../sa/identity.ts';
import type { ChildProtocol, CipherSuite } from '../../sa/proposal.ts';
import type { TrafficSelector } from '../../sa/traffic-selector.ts';
import type { Nat } from './nat-detection.ts';

/** What may be seen of an IKE SA from outside: no keys. Times are wall clock, milliseconds since 1970. */
export type IkeSaView = {
  readonly id: number;
  readonly tunnel?: string;
  /** The other tunnels that it serves; absent where there are none. */
  readonly guests?: readonly string[];
  readonly version: 1 | 2;
  readonly state: 'connecting' | 'established' | 'rekeyed' | 'deleting';
  readonly role: 'initiator' | 'responder';
  /** Lower-case hexadecimal, 16 digits. */
  readonly initiatorSpi: string;
  readonly responderSpi: string;
  readonly local: Endpoint;
  readonly remote: Endpoint;
  readonly localId?: Identity;
  readonly remoteId?: Identity;
  readonly suite?: CipherSuite;
  readonly nat: Nat;
  /** Whether a post-quantum key protects what it makes; IKEv2 only. */
  readonly ppk?: boolean;
  /** Where it can move (RFC 4555): the further addresses of both ends, as they have told each other. */
  readonly mobike?: { readonly localAddresses: readonly IpAddress[]; readonly remoteAddresses: readonly IpAddress[] };
  readonly establishedAt?: number;
  readonly rekeyAt?: number;
  /** What is under way or waits; absent where nothing does. */
  readonly tasks?: TasksView;
};

/** `active`: begun by us; `passive`: by the peer; `queued`: of ours, for later. */
export type TasksView = {
  readonly active: readonly TaskName[];
  readonly passive: readonly TaskName[];
  readonly queued: readonly TaskName[];
};

export type TaskName =
  | 'initial-exchanges'
  | 'main-mode'
  | 'aggressive-mode'
  | 'rekey-ike'
  | 'create-child'
  | 'rekey-child'
  | 'delete-child'
  | 'delete-ike'
  | 'mobike'
  | 'liveness';

/** Undefined where there is nothing in it. */
export function viewTasks(tasks: TasksView): TasksView | undefined {
  return Object.values(tasks).some(({ length }) => length > 0) ? tasks : undefined;
}

export type ChildSaView = {
  readonly id: string;
  readonly tunnel: string;
  /** The IKE SA that made it, which in IKEv1 may be gone. */
  readonly ikeSa: number;
  readonly state: 'installing' | 'installed' | 'rekeying' | 'rekeyed' | 'deleting';
  /** Whether its outbound SA is in the data plane, or about to be. */
  readonly sends: boolean;
  readonly protocol: ChildProtocol;
  readonly mode: 'tunnel' | 'transport';
  /** ESP in UDP. */
  readonly encap: boolean;
  readonly reqid: number;
  /** What sets its packets apart from others between the same segments. */
  readonly apart?: Pick<ChildAttributes, 'ifId' | 'mark'>;
  readonly suite: CipherSuite;
  readonly inbound: SaKey;
  readonly outbound: SaKey;
  readonly localSelectors: readonly TrafficSelector[];
  readonly remoteSelectors: readonly TrafficSelector[];
  readonly installedAt?: number;
  readonly rekeyAt?: number;
  /** When its lifetime is over. */
  readonly endsAt?: number;
};

export function viewChild(child: ChildSa): ChildSaView {
  const { installedAt, rekeyAt } = child;
  const view: Writable<ChildSaView> = {
    id: child.id,
    tunnel: child.tunnel,
    ikeSa: child.ikeSa,
    state: child.state,
    sends: child.sends,
    protocol: child.protocol,
    mode: child.mode,
    encap: child.encap,
    reqid: child.reqid,
    suite: child.suite,
    inbound: inboundSa(child),
    outbound: outboundSa(child),
    localSelectors: child.localSelectors,
    remoteSelectors: child.remoteSelectors,
  };
  const { ifId, mark } = child.attributes ?? {};
  if (ifId !== undefined || mark !== undefined) view.apart = { ...(ifId && { ifId }), ...(mark && { mark }) };
  if (installedAt !== undefined) {
    view.installedAt = installedAt.wall;
    view.endsAt = installedAt.wall + child.lifetime;
  }
  if (rekeyAt !== undefined) view.rekeyAt = rekeyAt.wall;
  return view;
}

/** What an IKE SA has only once it has come so far. */
type Acquired = {
  readonly localId: Identity | undefined;
  readonly remoteId: Identity | undefined;
  readonly suite: CipherSuite | undefined;
  readonly establishedAt: Moment | undefined;
  readonly rekeyAt: Moment | undefined;
};

type Always = Omit<IkeSaView, keyof Acquired>;

/** Adds to the view of an IKE SA what it has so far; absent is absent. */
export function withAcquired(always: Always, sa: Acquired): IkeSaView {
  const view: Writable<IkeSaView> = always;
  if (sa.localId !== undefined) view.localId = sa.localId;
  if (sa.remoteId !== undefined) view.remoteId = sa.remoteId;
  if (sa.suite !== undefined) view.suite = sa.suite;
  if (sa.establishedAt !== undefined) view.establishedAt = sa.establishedAt.wall;
  if (sa.rekeyAt !== undefined) view.rekeyAt = sa.rekeyAt.wall;
  return view;
}

/** A property that is there only with a value. */
export function present<Key extends string, Value>(
  key: Key,
  value: Value | undefined,
): { readonly [K in Key]?: Value } {
  return value === undefined ? {} : ({ [key]: value } as { readonly [K in Key]?: Value });
}
