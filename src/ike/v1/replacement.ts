import { type Duration, MINUTE, SECOND } from '../../base/time.ts';
import type { Reason } from '../common/reason.ts';
import { abandon, closeIkeSa } from './close.ts';
import type { ContextV1 } from './context.ts';
import { startPhase1 } from './exchanges/phase1-initiator.ts';
import { loseIkeSa } from './ike-sa-loss.ts';
import { currentIkeSa, didCross, isConnecting, share } from './ike-sas.ts';
import { forgetOldPeer } from './initial-contact.ts';
import type { IkeSaV1, Phase } from './state.ts';

/**
 * One tunnel has one IKE SA that is used. Called when `fresh` has just been authenticated; the Child SAs belong to the
 * tunnel and are not touched, unless the peer says that it has lost them:
 *
 * - Ours was only in its first message while the peer's came to its end: ours is given up.
 * - Both ends initiated at once and both exchanges went through: the one with the lower initiator SPI stays. Both ends
 *   know both SPIs, so both come to the same result.
 * - Otherwise the newer one stays: this one has come up to replace the older, or the peer has come back.
 *
 * What is replaced still answers for a while, and is then deleted by the end that has begun its successor.
 */
export function replaceOlder(ctx: ContextV1, fresh: IkeSaV1): void {
  if (fresh.initialContact) forgetOldPeer(ctx, fresh);
  for (const other of ctx.ikeSasOf(fresh.tunnel)) {
    // One that was made for another tunnel is not for us to end, though this one may share it.
    const isOwn = other !== fresh && other.tunnel === fresh.tunnel;
    if (!isOwn || other.phase === 'closed' || other.phase === 'replaced') continue;
    if (other.phase === 'established') settle(ctx, fresh, other);
    else if (other.role === 'initiator' && BARELY_BEGUN.has(other.phase)) {
      fresh.connects ||= other.connects;
      for (const guest of other.guests) share(ctx, fresh, guest);
      abandon(ctx, other, REPLACED);
    }
  }
}

/** The lifetime is near its end: a successor comes up while this one still answers. */
export function onRekeyTimer(ctx: ContextV1, sa: IkeSaV1): void {
  const policy = ctx.policies.get(sa.tunnel);
  if (policy === undefined || sa.phase !== 'established') return;
  ctx.setTimer(sa.id, 'rekey', ctx.now.mono + policy.retry.interval);
  // Nobody knows where a peer of any address is to be called: it has to come back by itself.
  if (policy.remote.address.kind === 'any' || isConnecting(ctx, sa.tunnel)) return;
  startPhase1(ctx, policy, { connects: false, from: sa });
}

/** The lifetime is over and nothing has taken the place. */
export function onExpiryTimer(ctx: ContextV1, sa: IkeSaV1): void {
  // What the other end of a Quick Mode believes is uncertain before its end, and here is the only way to tell it.
  if ([...sa.quickModes.values()].some(({ phase }) => phase !== 'done'))
    return ctx.setTimer(sa.id, 'expiry', ctx.now.mono + DRAIN_TIME);
  loseIkeSa(ctx, sa, { code: 'expired', text: 'the lifetime of the IKE SA has ended' });
}

/** A replaced IKE SA has answered long enough. */
export function onDrained(ctx: ContextV1, sa: IkeSaV1): void {
  if (sa.phase !== 'replaced') return;
  // Quick Modes that are over still answer repetitions, and what is to take the place may not be known to the peer.
  const successor = currentIkeSa(ctx, sa.tunnel);
  if (sa.quickModes.size > 0 || successor?.dpd.asking !== undefined)
    return ctx.setTimer(sa.id, 'drain', ctx.now.mono + DRAIN_TIME);
  closeIkeSa(ctx, sa, REPLACED);
}

const REPLACED: Reason = { code: 'replaced', text: 'another IKE SA of this tunnel has taken over' };

const BARELY_BEGUN: ReadonlySet<Phase> = new Set<Phase>(['larval', 'mm1-sent', 'am1-sent']);

/** Long enough for the exchanges that are under way; the other end has the longer one, in case our Delete is lost. */
const DRAIN_TIME: Duration = 5 * SECOND;
const LONG_DRAIN_TIME: Duration = MINUTE;

function settle(ctx: ContextV1, fresh: IkeSaV1, other: IkeSaV1): void {
  const crossed = didCross(fresh, other);
  const loser = crossed && other.initiatorSpi < fresh.initiatorSpi ? fresh : other;
  const winner = loser === fresh ? other : fresh;
  winner.connects ||= loser.connects;
  for (const guest of loser.guests) share(ctx, winner, guest);
  winner.waiting.push(...loser.waiting.splice(0));
  loser.phase = 'replaced';
  for (const name of ['rekey', 'liveness', 'keepalive']) ctx.clearTimer(loser.id, name);
  const ours = (crossed ? loser : winner).role === 'initiator';
  ctx.setTimer(loser.id, 'drain', ctx.now.mono + (ours ? DRAIN_TIME : LONG_DRAIN_TIME));
  ctx.touch(loser);
  ctx.emit({ type: 'ike.rekeyed', tunnel: loser.tunnel, ikeSa: loser.id, successor: winner.id });
}
