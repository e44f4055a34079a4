import { compareBytes } from '../../base/bytes.ts';
import { randomFraction } from '../../base/entropy.ts';
import { type Duration, type Instant, SECOND } from '../../base/time.ts';
import { type ChildSa, inboundSa, outboundSa } from '../../sa/child-sa.ts';
import type { DataPlaneReply } from '../../sa/data-plane.ts';
import { saKey } from '../../sa/ledger.ts';
import { rekeyAfter } from '../../sa/lifetime.ts';
import { sameSelectors } from '../../sa/traffic-selector.ts';
import { watchInactivity } from '../common/inactivity-timer.ts';
import type { Reason } from '../common/reason.ts';
import { rekeyTimer, removeChild, sendDeletes } from './child-end.ts';
import type { ContextV1 } from './context.ts';
import { currentIkeSa } from './ike-sas.ts';

/**
 * The succession of Child SAs with the same selectors. IKEv1 has no exchange that names the SA which a new one
 * replaces: both ends have to come to the same result by themselves, and may see the order of things differently.
 */

/** Packets can go out through it: it begins its life, and takes the place of the one before. */
export function childInstalled(ctx: ContextV1, child: ChildSa, lifetime: Duration): void {
  child.state = 'installed';
  child.installedAt = ctx.now;
  const chosen = ctx.policies.get(child.tunnel)?.childRekey;
  if (chosen !== 'never') {
    const life = rekeyAfter(lifetime, child.role, randomFraction(ctx.entropy), chosen);
    child.rekeyAt = { mono: ctx.now.mono + life, wall: ctx.now.wall + life };
    ctx.setTimer(child.tunnel, rekeyTimer(child.id), child.rekeyAt.mono);
  }
  watchInactivity(ctx, child.tunnel);
  ctx.emit({ type: 'child.installed', tunnel: child.tunnel, ikeSa: child.ikeSa, child: child.id });
  for (const other of siblings(ctx, child)) if (other.state === 'installed') settle(ctx, child, other);
}

/** From when on a successor may be begun, so that the peer does not take it for one that crosses this one. */
export function replaceableAt(child: ChildSa): Instant {
  return agreedAt(child) + 2 * crossingTime(child);
}

/** The time of a drain has come: is there anything that its successor has proven to be superfluous? */
export function onDrainTimer(ctx: ContextV1, tunnel: string): void {
  const successors = superseded(ctx, tunnel).flatMap((child) => ourSuccessor(ctx, child) ?? []);
  if (successors.length === 0) return;
  // Nobody could be told.
  if (currentIkeSa(ctx, tunnel) === undefined) return ctx.setTimer(tunnel, 'drain', ctx.now.mono + DRAIN_INTERVAL);
  ctx.requestDataPlane(tunnel, { kind: 'query', sas: successors.map(inboundSa) });
}

/**
 * The old Child SA goes when packets have come in through the new one: only then is it certain that the peer has it and
 * uses it. The end that has begun the new one deletes the old one; where both see it otherwise, nobody does, and the
 * old one ends with its lifetime.
 */
export function onDrainCounted(ctx: ContextV1, tunnel: string, reply: DataPlaneReply): void {
  const proven = new Set(
    (reply.kind === 'counters' ? reply.counters : []).filter(({ packets }) => packets > 0).map(({ sa }) => saKey(sa)),
  );
  const sa = currentIkeSa(ctx, tunnel);
  const gone = superseded(ctx, tunnel).filter((child) => {
    const successor = ourSuccessor(ctx, child);
    return sa !== undefined && successor !== undefined && proven.has(saKey(inboundSa(successor)));
  });
  if (sa !== undefined) sendDeletes(ctx, sa, gone);
  for (const child of gone) removeChild(ctx, child, SUPERSEDED);
  if (superseded(ctx, tunnel).some((child) => ourSuccessor(ctx, child) !== undefined))
    ctx.setTimer(tunnel, 'drain', ctx.now.mono + DRAIN_INTERVAL);
}

/**
 * A Child SA is gone: where a superseded one still carries traffic both ways, it is in use again. The peer uses one that
 * only receives, too, so that the pair is to be made anew: that is what is returned.
 */
export function reviveSuperseded(ctx: ContextV1, gone: ChildSa): ChildSa | undefined {
  const others = siblings(ctx, gone);
  if (others.some(({ state }) => state === 'installed')) return undefined;
  const superseded = others.filter(({ state }) => state === 'rekeyed');
  const heir = superseded.findLast(({ sends }) => sends);
  if (heir === undefined) return superseded.at(-1);
  heir.state = 'installed';
  ctx.setTimer(heir.tunnel, rekeyTimer(heir.id), ctx.now.mono);
  ctx.emit({ type: 'child.installed', tunnel: heir.tunnel, ikeSa: heir.ikeSa, child: heir.id });
  return undefined;
}

/** A first message may be lost and repeated for so long; a rekeying of ours that is no crossing comes later. */
const MAX_CROSSING_TIME: Duration = 10 * SECOND;

/**
 * The peer has sent the first message of a crossing exchange before its answer to ours: by so much may the network have
 * changed that order. No longer: a peer may well replace the Child SA within a second, and to keep on sending through
 * what it will delete costs traffic, where two ends that see the order differently only keep one SA too many.
 */
const OVERTAKING_TIME: Duration = SECOND / 4;

/** How long both ends have to move to the new one before anything is asked. */
const DRAIN_INTERVAL: Duration = 5 * SECOND;

const SUPERSEDED: Reason = { code: 'replaced', text: 'its successor carries the traffic' };

function siblings(ctx: ContextV1, child: ChildSa): ChildSa[] {
  return ctx
    .childrenOf(child.tunnel)
    .filter(
      (other) =>
        other !== child &&
        sameSelectors(other.localSelectors, child.localSelectors) &&
        sameSelectors(other.remoteSelectors, child.remoteSelectors),
    );
}

function settle(ctx: ContextV1, fresh: ChildSa, other: ChildSa): void {
  const freshLoses = winnerOf(fresh, other) === other;
  const [winner, loser] = freshLoses ? [other, fresh] : [fresh, other];
  loser.state = 'rekeyed';
  ctx.clearTimer(loser.tunnel, rekeyTimer(loser.id));
  if (freshLoses) {
    // Kernels send through the youngest.
    loser.sends = false;
    ctx.requestCleanUp({ kind: 'apply', steps: [{ kind: 'remove-sa', sa: outboundSa(loser) }] });
  }
  const { tunnel, ikeSa, id } = loser;
  ctx.emit({ type: 'child.rekeyed', tunnel, ikeSa, child: id, successor: winner.id });
  ctx.setTimer(tunnel, 'drain', ctx.now.mono + DRAIN_INTERVAL);
}

/**
 * The one that was agreed on last, whichever may send first. Where each end began one of the two before it knew of the
 * other's, both have to see the same: as RFC 7296 §2.8.1 has it for IKEv2, the one with the lowest nonce goes. Nobody
 * begins one while the peer's is under way, so that one which comes at once was begun before.
 */
function winnerOf(a: ChildSa, b: ChildSa): ChildSa {
  const [first, second] = agreedAt(a) <= agreedAt(b) ? [a, b] : [b, a];
  const crossed = first.role !== second.role && second.begunAt <= agreedAt(first) + overtakingTime(first);
  if (!crossed) return second;
  return compareBytes(a.lowerNonce, b.lowerNonce) < 0 ? b : a;
}

/** Both ends know the same lifetime, or nearly. */
function crossingTime({ lifetime }: ChildSa): Duration {
  return Math.min(MAX_CROSSING_TIME, lifetime / 10);
}

function overtakingTime({ lifetime }: ChildSa): Duration {
  return Math.min(OVERTAKING_TIME, lifetime / 10);
}

function agreedAt({ agreedAt: agreed, installedAt }: ChildSa): Instant {
  return agreed ?? installedAt?.mono ?? 0;
}

function superseded(ctx: ContextV1, tunnel: string): ChildSa[] {
  return ctx.childrenOf(tunnel).filter(({ state }) => state === 'rekeyed');
}

/** What has taken its place, where we have begun that. */
function ourSuccessor(ctx: ContextV1, child: ChildSa): ChildSa | undefined {
  return siblings(ctx, child).find(({ state, role }) => state === 'installed' && role === 'initiator');
}
