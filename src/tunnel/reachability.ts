import type { IpAddress } from '../base/net.ts';
import type { TunnelPolicy } from '../ike/common/policy.ts';
import type { Reason } from '../ike/common/reason.ts';
import type { ChildSaView, IkeSaView } from '../ike/common/view.ts';
import { formatIdentity } from '../sa/identity.ts';
import { pairStatuses } from './pairs.ts';
import type { ConnectionStatus, TunnelStatus } from './status.ts';

export type ReachabilityEvent = 'reachable' | 'withdrawn' | 'connected' | 'disconnected' | 'failed';

/** A pair of segments, as prefixes, that a Child SA carries, and what that was when it was first told. */
export type ReachablePair = {
  readonly local: string;
  readonly remote: string;
  readonly path: {
    readonly me: IpAddress;
    readonly myId: string;
    readonly peer: IpAddress;
    readonly peerId: string;
    readonly protocol: 'esp' | 'ah';
    /** The peer's UDP port, where ESP goes in UDP. */
    readonly encapPort?: number | undefined;
    readonly reqid: number;
    /** What sets its packets apart, where something does. */
    readonly apart?: ChildSaView['apart'];
    /** Our number of the IKE SA. */
    readonly ikeSa: number;
  };
};

/** What can be said of a tunnel at one time. */
export type Standing = {
  readonly connection: ConnectionStatus | 'removed';
  readonly reason: Reason | null;
  readonly pairs: readonly ReachablePair[];
};

/** What has been said already. */
export type Told = {
  readonly connected: boolean;
  /** The code of the reason of the failure that was told last. */
  readonly failure: string | undefined;
  readonly pairs: readonly ReachablePair[];
};

/** Something to say, and what will have been said then. */
export type Change = {
  readonly event: ReachabilityEvent;
  readonly pairs: readonly ReachablePair[];
  readonly reason: Reason | null;
  readonly after: Told;
};

export const NOTHING_TOLD: Told = { connected: false, failure: undefined, pairs: [] };
export const REMOVED: Standing = { connection: 'removed', reason: null, pairs: [] };

/**
 * How a tunnel stands. A pair is reachable as long as any Child SA carries it, so that a rekeying or a replacement, make
 * before break, leaves all as it is.
 */
export function standingOf(
  policy: TunnelPolicy,
  status: Pick<TunnelStatus, 'connectionStatus' | 'reason'>,
  { ikeSas, children }: { readonly ikeSas: readonly IkeSaView[]; readonly children: readonly ChildSaView[] },
): Standing {
  const up = pairStatuses(policy, children).filter((pair) => pair.up);
  const path = up.length === 0 ? undefined : pathOf(policy, ikeSas, children);
  return {
    connection: status.connectionStatus,
    reason: status.reason,
    pairs: path === undefined ? [] : up.map(({ local, remote }) => ({ local, remote, path })),
  };
}

/**
 * The next thing to say of what has changed: what is withdrawn before what is reachable, so that a pair is never at two
 * places at once; of pairs at most so many together. What has changed and changed back is not told at all.
 */
export function nextChange(told: Told, now: Standing, most = Number.POSITIVE_INFINITY): Change | undefined {
  const gone = without(told.pairs, now.pairs).slice(0, most);
  if (gone.length > 0) return change('withdrawn', gone, { ...told, pairs: without(told.pairs, gone) });
  const connected = now.connection === 'connected';
  if (told.connected && !connected) return change('disconnected', [], { ...told, connected: false }, now.reason);
  const come = without(now.pairs, told.pairs).slice(0, most);
  if (come.length > 0) return change('reachable', come, { ...told, pairs: [...told.pairs, ...come] });
  if (connected && !told.connected) return change('connected', [], { ...told, connected: true, failure: undefined });
  const failure = FAILURES.has(now.connection) ? (now.reason?.code ?? 'unknown') : undefined;
  if (failure === undefined || failure === told.failure) return undefined;
  return change('failed', [], { ...told, failure }, now.reason);
}

const FAILURES: ReadonlySet<Standing['connection']> = new Set(['stage1Failure', 'stage2Failure']);

function change(event: ReachabilityEvent, pairs: readonly ReachablePair[], after: Told, reason: Reason | null = null) {
  return { event, pairs, after, reason };
}

function without(pairs: readonly ReachablePair[], others: readonly ReachablePair[]): ReachablePair[] {
  const keys = new Set(others.map(keyOf));
  return pairs.filter((pair) => !keys.has(keyOf(pair)));
}

function keyOf({ local, remote }: ReachablePair): string {
  return `${local} ${remote}`;
}

/** Of the newest Child SA: those of one tunnel lead to one peer. */
function pathOf(
  policy: TunnelPolicy,
  ikeSas: readonly IkeSaView[],
  children: readonly ChildSaView[],
): ReachablePair['path'] | undefined {
  const child = children.findLast(({ state }) => state !== 'installing');
  if (child === undefined) return undefined;
  const ike = ikeSas.find(({ id }) => id === child.ikeSa);
  const peerId = ike?.remoteId ?? policy.remote.identity;
  return {
    me: child.inbound.destination,
    myId: formatIdentity(policy.local.identity),
    peer: child.outbound.destination,
    peerId: peerId === undefined ? '' : formatIdentity(peerId),
    protocol: child.protocol,
    encapPort: child.encap ? ike?.remote.port : undefined,
    reqid: child.reqid,
    ...(child.apart === undefined ? {} : { apart: child.apart }),
    ikeSa: child.ikeSa,
  };
}
