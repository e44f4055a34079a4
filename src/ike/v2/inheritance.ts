import { type Duration, MINUTE } from '../../base/time.ts';
import type { CipherSuite } from '../../sa/proposal.ts';
import { childrenOf } from './children.ts';
import type { ContextV2 } from './context.ts';
import { startLife } from './establish.ts';
import { giveUpFollowUps } from './follow-up-failure.ts';
import type { IkeKeys } from './keymat.ts';
import { inheritedIdSync } from './message-id-sync.ts';
import { inheritMobility } from './mobike/succession.ts';
import { type IkeSaV2, type NewIkeSa, newIkeSa } from './state.ts';
import { awaitDelete } from './superfluous.ts';

/** Who has begun a rekeying deletes what is superfluous after it; what it forgets goes after this time. */
const FORGOTTEN_AFTER: Duration = MINUTE;

type Successor = Pick<NewIkeSa, 'role' | 'initiatorSpi' | 'responderSpi'> & {
  readonly suite: CipherSuite;
  readonly keys: IkeKeys;
  readonly lowerNonce: Uint8Array;
};

/**
 * RFC 7296 §2.8, §2.18: an IKE SA with new keys, SPIs and message IDs between the same two, as authentic as the old one.
 * Until it inherits, it only answers.
 */
export function newSuccessor(ctx: ContextV2, sa: IkeSaV2, { suite, keys, ...options }: Successor): IkeSaV2 {
  const fresh = newIkeSa({
    id: ctx.newIkeSaId(),
    tunnel: sa.tunnel,
    guests: [...sa.guests],
    local: sa.local,
    remote: sa.remote,
    startedAt: sa.startedAt,
    ...options,
  });
  fresh.phase = 'rekeyed';
  fresh.lastHeardAt = ctx.now.mono;
  fresh.nat = sa.nat;
  fresh.suite = suite;
  fresh.keys = keys;
  fresh.ppk = sa.ppk;
  fresh.fragmentation = sa.fragmentation;
  fresh.idSync = inheritedIdSync(sa);
  fresh.localId = sa.localId;
  fresh.remoteId = sa.remoteId;
  fresh.establishedAt = ctx.now;
  ctx.adoptSuccessor(fresh);
  ctx.setTimer(fresh.id, 'lifetime', ctx.now.mono + FORGOTTEN_AFTER);
  return fresh;
}

/**
 * The Child SAs, what is still to be done about them, and what has happened to them meanwhile pass to the successor; the
 * old IKE SA only answers.
 */
export function inherit(ctx: ContextV2, from: IkeSaV2, to: IkeSaV2): void {
  to.tunnel = from.tunnel;
  to.guests = [...from.guests];
  to.refused = [...from.refused];
  // RFC 7296 §2.25.1: a peer that makes a Child SA takes part in no rekeying of the IKE SA. It has forgotten these.
  giveUpFollowUps(ctx, from, () => true);
  for (const child of childrenOf(ctx, from)) child.ikeSa = to.id;
  to.switches.push(...from.switches.splice(0));
  const ofChildren = from.tasks.filter(({ kind }) => kind === 'create-child' || kind === 'delete-children');
  to.tasks.push(...ofChildren, ...from.postponed.splice(0).filter(({ kind }) => kind !== 'rekey-ike'));
  inheritMobility(ctx, from, to);
  from.tasks = [];
  to.queue.push(...from.queue.filter(({ kind }) => kind !== 'datagram' && kind !== 'timer'));
  from.phase = 'rekeyed';
  to.phase = 'established';
  for (const name of ['rekey', 'liveness', 'keepalive', 'retry', 'answered']) ctx.clearTimer(from.id, name);
  ctx.setTimer(from.id, 'lifetime', ctx.now.mono + FORGOTTEN_AFTER);
  const policy = ctx.policies.get(to.tunnel);
  if (policy !== undefined) startLife(ctx, to, policy);
  // However often it is rekeyed, the time goes on.
  to.outdatedSince = from.outdatedSince;
  if (to.outdatedSince !== undefined) awaitDelete(ctx, to);
  to.superfluousSince = from.superfluousSince;
  from.superfluousSince = undefined;
  // One that has begun without a Child SA (RFC 6023) and has none yet: what it makes superfluous is settled with the first.
  to.handshake = from.handshake;
  from.handshake = undefined;
  ctx.touch(from);
  ctx.touch(to);
  ctx.emit({ type: 'ike.rekeyed', tunnel: from.tunnel, ikeSa: from.id, successor: to.id });
}
