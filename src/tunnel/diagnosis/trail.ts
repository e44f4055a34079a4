import type { Endpoint } from '../../base/net.ts';
import type { Duration, Now } from '../../base/time.ts';
import type { GatewayEvent } from '../../ike/common/event.ts';
import type { Reason, Stage } from '../../ike/common/reason.ts';

/**
 * What the events have shown of a tunnel: of the last attempt in each role, and of what has gone wrong beside a working
 * tunnel. A fold, plain and bounded; it decides nothing.
 */
export type Trail = {
  /** Our attempt under way, or the last one where none is. */
  readonly attempt?: Attempt;
  /** The last of ours that came to nothing. */
  readonly own?: Failure;
  /** The last of the peer's that came to nothing. */
  readonly peers?: Failure;
  /** Why the last Child SA has ended. */
  readonly lost?: Failure;
  /** A Child SA that was refused while others work. */
  readonly beside?: Failure & {
    /** A new IKE SA has come since: the next replacement of a Child SA is its doing. */
    readonly renewed: boolean;
  };
  /** Our own IKE SAs, the last few: all others are the peer's. */
  readonly begun: readonly number[];
};

export type Attempt = {
  readonly ikeSa: number;
  readonly remote: Endpoint;
  /** Wall clock, milliseconds since 1970. */
  readonly startedAt: number;
  /** How often the message was sent that waits for an answer. */
  readonly transmissions: number;
  /** From where the first answer came, and how long that took. */
  readonly answered?: { readonly remote: Endpoint; readonly after: Duration };
  readonly nat?: { readonly local: boolean; readonly remote: boolean; readonly forced: boolean };
  readonly established: boolean;
};

export type Failure = {
  /** Ours in the negotiation; null where there was none. */
  readonly role: 'initiator' | 'responder' | null;
  readonly stage: Stage;
  /** Absent where the peer only did not go on. */
  readonly reason?: Reason;
  /** Wall clock, milliseconds since 1970. */
  readonly at: number;
  /** Our number of the IKE SA that came to nothing, where there was one. */
  readonly ikeSa?: number;
  /** Ours that it belongs to. */
  readonly attempt?: Attempt;
  /** Where the peer's request came from, if that was seen. */
  readonly remote?: Endpoint;
  /** Whether an IKE SA stood, so that it was the peer who said or asked it. */
  readonly authenticated: boolean;
};

export const NO_TRAIL: Trail = { begun: [] };

/** A new series of attempts begins: what has failed before is history. */
export function forgetFailures({ own: _, peers: __, lost: ___, ...rest }: Trail): Trail {
  return rest;
}

const MAX_BEGUN = 4;

/** `connected` is whether the tunnel had a Child SA before the event. */
export function follow(trail: Trail, event: GatewayEvent, { now, connected, version }: Situation): Trail {
  switch (event.type) {
    case 'ike.initiated':
      return begin(trail, event, now);
    case 'ike.answered':
      return change(trail, event.ikeSa, ({ startedAt }) => ({
        answered: { remote: event.remote, after: now.wall - startedAt },
        transmissions: 1,
      }));
    case 'message.retransmitted':
      return change(trail, event.ikeSa, () => ({ transmissions: event.attempt }));
    case 'nat.detected':
      return change(trail, event.ikeSa, () => ({
        nat: { local: event.local, remote: event.remote, forced: event.forced === true },
      }));
    case 'ike.established': {
      const known = change(trail, event.ikeSa, () => ({ established: true }));
      return known.beside === undefined ? known : { ...known, beside: { ...known.beside, renewed: true } };
    }
    case 'auth.failed':
      return fail(trail, event, { stage: 1, at: now.wall, authenticated: false });
    case 'ike.failed':
      return fail(trail, event, { stage: event.stage, at: now.wall, authenticated: false });
    case 'ike.closed':
      return connected || hasFailure(trail, event.ikeSa)
        ? trail
        : fail(trail, event, { stage: 1, at: now.wall, authenticated: true });
    case 'child.failed':
      return onChildFailed(trail, event, { now, connected });
    case 'trap.failed': {
      const failure = { role: null, stage: 2, reason: event.reason, at: now.wall, authenticated: false } as const;
      return { ...trail, own: failure };
    }
    case 'peer.refused':
      return { ...trail, peers: { ...ofPeer(event, now), reason: event.reason } };
    case 'peer.unfinished':
      // It says less than what was told before it went silent.
      return isRecent(trail.peers, now) ? trail : { ...trail, peers: ofPeer(event, now) };
    case 'child.installed':
      return connect(trail, version);
    case 'child.rekeyed':
      return onReplaced(trail);
    case 'child.deleted': {
      const failure = { role: null, stage: 1, reason: event.reason, at: now.wall, authenticated: true } as const;
      return { ...trail, lost: failure };
    }
    default:
      return trail;
  }
}

export type Situation = { readonly now: Now; readonly connected: boolean; readonly version: 1 | 2 };

/** How long a peer that comes again is still the one that was told of. */
const RECENT: Duration = 60_000;

function begin(trail: Trail, event: Extract<GatewayEvent, { type: 'ike.initiated' }>, now: Now): Trail {
  const { ikeSa, remote } = event;
  const attempt: Attempt = { ikeSa, remote, startedAt: now.wall, transmissions: 1, established: false };
  return { ...trail, attempt, begun: [...trail.begun, ikeSa].slice(-MAX_BEGUN) };
}

function change(trail: Trail, ikeSa: number, changes: (attempt: Attempt) => Partial<Attempt>): Trail {
  const { attempt } = trail;
  return attempt?.ikeSa === ikeSa ? { ...trail, attempt: { ...attempt, ...changes(attempt) } } : trail;
}

function fail(
  trail: Trail,
  { ikeSa, reason }: { readonly ikeSa: number; readonly reason: Reason },
  about: Pick<Failure, 'stage' | 'at' | 'authenticated'>,
): Trail {
  if (reason.code === 'replaced') return trail;
  const { attempt } = trail;
  if (!trail.begun.includes(ikeSa)) return { ...trail, peers: { ...about, ikeSa, role: 'responder', reason } };
  const mine = attempt?.ikeSa === ikeSa ? { attempt } : {};
  return { ...trail, own: { ...about, ikeSa, role: 'initiator', reason, ...mine } };
}

function hasFailure({ own, peers }: Trail, ikeSa: number): boolean {
  return own?.ikeSa === ikeSa || peers?.ikeSa === ikeSa;
}

function onChildFailed(
  trail: Trail,
  event: Extract<GatewayEvent, { type: 'child.failed' }>,
  { now, connected }: Pick<Situation, 'now' | 'connected'>,
): Trail {
  const { ikeSa, reason } = event;
  if (reason.code === 'replaced') return trail;
  const { attempt } = trail;
  const failure = {
    role: roleOf(trail, event),
    stage: 2,
    reason,
    at: now.wall,
    ikeSa,
    authenticated: true,
    ...(attempt?.ikeSa === ikeSa ? { attempt } : {}),
  } as const;
  if (connected) return { ...trail, beside: { ...failure, renewed: false } };
  return failure.role === 'initiator' ? { ...trail, own: failure } : { ...trail, peers: failure };
}

/**
 * Who has asked for the Child SA, in whosever IKE SA, which tunnels may share: only who is asked sees what is offered, and
 * only who asks is refused by a notification.
 */
function roleOf({ begun }: Trail, { ikeSa, reason }: Extract<GatewayEvent, { type: 'child.failed' }>) {
  const { proposals, notify } = reason.evidence ?? {};
  if (proposals !== undefined) return 'responder';
  return notify !== undefined || begun.includes(ikeSa) ? 'initiator' : 'responder';
}

function ofPeer({ remote }: { readonly remote: Endpoint }, now: Now): Failure {
  return { role: 'responder', stage: 1, at: now.wall, remote, authenticated: false };
}

function isRecent(failure: Failure | undefined, now: Now): boolean {
  return failure !== undefined && now.wall - failure.at < RECENT;
}

/** What stood in the way does so no longer; in IKEv1 it still does for the other pairs of segments. */
function connect({ attempt, own, beside, begun }: Trail, version: 1 | 2): Trail {
  const pair = version === 1 && own?.stage === 2 ? { ...own, renewed: false } : undefined;
  const left = beside ?? pair;
  return {
    begun,
    ...(attempt === undefined ? {} : { attempt }),
    ...(left === undefined ? {} : { beside: left }),
  };
}

/** A Child SA was replaced in the ordinary way, so that what was refused before is accepted now. */
function onReplaced(trail: Trail): Trail {
  const { beside, ...rest } = trail;
  if (beside === undefined) return trail;
  return beside.renewed ? { ...rest, beside: { ...beside, renewed: false } } : rest;
}
