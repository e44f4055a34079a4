import { noResponse, REFUSAL_GRACE } from '../common/attempt.ts';
import type { Context } from '../common/context.ts';
import type { Reason } from '../common/reason.ts';
import type { ContextV1 } from './context.ts';
import { abortQuickModes } from './exchanges/quick-mode-end.ts';
import { countOrphans, currentIkeSa } from './ike-sas.ts';
import { sendInformational } from './messages.ts';
import { deleteIke, ikeNotify } from './notifies.ts';
import type { IkeSaV1 } from './state.ts';

/** Ends an IKE SA without another word to the peer. The Child SAs that it has made stay (RFC 2408 §3.15). */
export function abandon(ctx: ContextV1, sa: IkeSaV1, reason: Reason): void {
  if (sa.phase === 'closed') return;
  abortQuickModes(ctx, sa);
  const ref = { ikeSa: sa.id, tunnel: sa.tunnel };
  const others = sa.guests.length === 0 ? {} : { others: sa.guests };
  if (sa.establishedAt === undefined) ctx.emit({ type: 'ike.failed', ...ref, stage: 1, reason, ...others });
  else ctx.emit({ type: 'ike.closed', ...ref, reason });
  forget(ctx, sa);
}

/** Ends an IKE SA and tells the peer, which does not answer: IKEv1 has no confirmation of a Delete. */
export function closeIkeSa(ctx: ContextV1, sa: IkeSaV1, reason: Reason): void {
  if (sa.phase === 'closed') return;
  abortQuickModes(ctx, sa);
  if (sa.establishedAt !== undefined) sendInformational(ctx, sa, [deleteIke(sa)]);
  abandon(ctx, sa, reason);
}

/** The peer has proven its key and is not who it should be. It believes in this IKE SA, so that it has to be told. */
export function refusePeer(ctx: ContextV1, sa: IkeSaV1, reason: Reason): void {
  sendInformational(ctx, sa, [ikeNotify(sa, 'INVALID_ID_INFORMATION')]);
  sendInformational(ctx, sa, [deleteIke(sa)]);
  abandon(ctx, sa, reason);
}

/** Ends a half-open IKE SA of somebody unknown. Anyone can start one, so that only the counters hear of it. */
export function vanish(ctx: ContextV1, sa: IkeSaV1, why: string): void {
  ctx.drop(sa.remote, why);
  forget(ctx, sa);
}

/**
 * The peer refuses, as far as one can believe what nobody has authenticated: a better answer may still come, but not
 * for long.
 */
export function noteRefusal(ctx: Context, sa: IkeSaV1, reason: Reason): void {
  if (sa.handshake === undefined) return;
  if (sa.handshake.refusal === undefined) ctx.setTimer(sa.id, 'refused', ctx.now.mono + REFUSAL_GRACE);
  sa.handshake.refusal = reason;
}

export function onRefusedTimer(ctx: ContextV1, sa: IkeSaV1): void {
  if (sa.establishedAt === undefined && sa.role === 'initiator') giveUp(ctx, sa);
}

/** The attempt has taken too long: what we know says why. */
export function giveUp(ctx: ContextV1, sa: IkeSaV1): void {
  if (sa.establishedAt !== undefined) return;
  if (sa.role === 'responder') return vanish(ctx, sa, 'half-open-expired');
  abandon(ctx, sa, sa.handshake?.refusal ?? (sa.phase === 'mm5-sent' ? silentAboutKey(sa) : noResponse(sa.remote)));
  if (currentIkeSa(ctx, sa.tunnel) === undefined) countOrphans(ctx, sa.tunnel);
}

/** Main Mode goes silent at this point where the keys differ: the peer cannot even read who we are. */
function silentAboutKey({ remote }: IkeSaV1): Reason {
  const text =
    'the peer fell silent when it was our turn to prove our identity: most likely the pre-shared keys differ';
  return { code: 'authentication-failed', text, evidence: { proof: 'silent', port: remote.port } };
}

function forget(ctx: ContextV1, sa: IkeSaV1): void {
  sa.phase = 'closed';
  sa.pending = undefined;
  sa.handshake = undefined;
  sa.keys = undefined;
  sa.ivs = undefined;
  sa.last = undefined;
  sa.queue = [];
  sa.waiting = [];
  sa.quickModes.clear();
  ctx.touch(sa);
}
