import { type Duration, SECOND } from '../../base/time.ts';
import { inboundSa } from '../../sa/child-sa.ts';
import type { DataPlaneReply } from '../../sa/data-plane.ts';
import { saKey } from '../../sa/ledger.ts';
import type { TunnelPolicy } from '../common/policy.ts';
import type { Reason } from '../common/reason.ts';
import { tunnelsOf } from '../common/sharing.ts';
import { removeChild } from './child-end.ts';
import { abandon } from './close.ts';
import type { ContextV1 } from './context.ts';
import { loseIkeSa } from './ike-sa-loss.ts';
import { armLiveness } from './liveness-timer.ts';
import { sendInformational } from './messages.ts';
import { heardFrom } from './peer-path.ts';
import type { Received } from './received.ts';
import type { CountPurpose, IkeSaV1 } from './state.ts';
import { type DpdNotify, dpdNotify } from './wire/dpd.ts';

/** How often a probe is repeated; how long in all is up to `dpd.timeout`. */
const PROBE_INTERVAL: Duration = SECOND;

/** However short the configured timeout is, a probe is repeated at least once. */
const MIN_PROBE_TIME: Duration = 4 * SECOND;

/** RFC 3706 §5.5: the peer is asked only after a time without any sign of life. */
export function onLivenessTimer(ctx: ContextV1, sa: IkeSaV1): void {
  const policy = ctx.policies.get(sa.tunnel);
  if (sa.phase !== 'established' || policy === undefined || sa.dpd.counting !== undefined) return;
  if (sa.dpd.asking !== undefined) return askAgain(ctx, sa, policy);
  if (policy.dpd.delay <= 0) return;
  const quietUntil = sa.lastHeardAt + policy.dpd.delay;
  if (ctx.now.mono < quietUntil) return ctx.setTimer(sa.id, 'liveness', quietUntil);
  count(ctx, sa, 'quiet');
}

/** Packets that came in since the last look are as good as an answer, as far as it goes. */
export function onLivenessCounted(ctx: ContextV1, sa: IkeSaV1, purpose: CountPurpose, reply: DataPlaneReply): void {
  const policy = ctx.policies.get(sa.tunnel);
  if (sa.phase !== 'established' || policy === undefined) return;
  const alive = countPackets(ctx, tunnelsOf(sa), reply);
  if (purpose === 'verdict') return sa.dpd.asking === undefined ? undefined : judge(ctx, sa, policy, alive);
  if (purpose === 'doubt' || !alive) return ask(ctx, sa);
  sa.lastHeardAt = ctx.now.mono;
  armLiveness(ctx, sa, policy);
}

/**
 * Whether the peer knows this IKE SA is uncertain: nothing has confirmed it, or a Quick Mode goes unanswered. Packets
 * say nothing about that, as Child SAs outlive their IKE SA; only an answer does.
 */
export function doubtIkeSa(ctx: ContextV1, sa: IkeSaV1): void {
  if (!sa.features.dpd || sa.phase !== 'established' || sa.dpd.asking !== undefined) return;
  if (sa.dpd.counting === undefined) count(ctx, sa, 'doubt');
  else sa.dpd.counting = { ...sa.dpd.counting, purpose: 'doubt' };
}

/** R-U-THERE and its answer, in an authentic message. RFC 3706 §6.2: the sequence number shows whether it is fresh. */
export function onDpdNotify(ctx: ContextV1, sa: IkeSaV1, received: Received, notify: DpdNotify): void {
  if (notify.initiatorSpi !== sa.initiatorSpi || notify.responderSpi !== sa.responderSpi)
    return ctx.drop(received.remote, 'dpd-of-another-ike-sa');
  if (notify.kind === 'R-U-THERE') return onProbe(ctx, sa, received, notify);
  const { asking, nextSequence } = sa.dpd;
  const answered = asking !== undefined && inSeries(notify.sequence, asking.first, nextSequence);
  if (!answered) return ctx.drop(received.remote, 'dpd-answer-unasked');
  heardFrom(ctx, sa, received);
  ctx.clearTimer(sa.id, 'liveness');
  const policy = ctx.policies.get(sa.tunnel);
  if (policy !== undefined) armLiveness(ctx, sa, policy);
}

function onProbe(ctx: ContextV1, sa: IkeSaV1, received: Received, notify: DpdNotify): void {
  const { peerSequence, firstSequence, nextSequence } = sa.dpd;
  // Both directions have one key, so that our own probe can be sent back to us.
  if (inSeries(notify.sequence, firstSequence, nextSequence)) return ctx.drop(received.remote, 'reflection');
  const ahead = peerSequence === undefined ? 1 : (notify.sequence - peerSequence) | 0;
  if (ahead < 0) return ctx.drop(received.remote, 'dpd-sequence');
  sa.dpd.peerSequence = notify.sequence;
  if (ahead > 0) heardFrom(ctx, sa, received);
  sendInformational(ctx, sa, [dpdNotify({ ...notify, kind: 'R-U-THERE-ACK' })], { hashLast: sa.dpd.hashLast });
}

function count(ctx: ContextV1, sa: IkeSaV1, purpose: CountPurpose): void {
  const sas = tunnelsOf(sa).flatMap((tunnel) => ctx.childrenOf(tunnel).map(inboundSa));
  sa.dpd.counting = { request: ctx.requestDataPlane(sa.id, { kind: 'query', sas }), purpose };
}

function ask(ctx: ContextV1, sa: IkeSaV1): void {
  sa.dpd.asking = { first: sa.dpd.nextSequence, since: ctx.now.mono };
  sendProbe(ctx, sa);
}

function askAgain(ctx: ContextV1, sa: IkeSaV1, policy: TunnelPolicy): void {
  const patience = Math.max(policy.dpd.timeout - policy.dpd.delay, MIN_PROBE_TIME);
  if (ctx.now.mono - (sa.dpd.asking?.since ?? 0) < patience) return sendProbe(ctx, sa);
  count(ctx, sa, 'verdict');
}

/** There was no answer. A peer whose packets come in all the same has lost the IKE SA and nothing else (RFC 3706 §5.4). */
function judge(ctx: ContextV1, sa: IkeSaV1, policy: TunnelPolicy, alive: boolean): void {
  // An IKE SA that this one has replaced is asked before the peer counts as gone: it may know nothing but that.
  const tunnels = tunnelsOf(sa);
  const hasPredecessor = ctx.ikeSasOf(sa.tunnel).some(({ phase }) => phase === 'replaced');
  if (alive || hasPredecessor || policy.dpd.delay <= 0) return loseIkeSa(ctx, sa, UNKNOWN_TO_PEER);
  ctx.emit({ type: 'peer.unresponsive', tunnel: sa.tunnel, ikeSa: sa.id });
  for (const child of tunnels.flatMap((tunnel) => ctx.childrenOf(tunnel))) removeChild(ctx, child, UNRESPONSIVE);
  for (const other of tunnels.flatMap((tunnel) => ctx.ikeSasOf(tunnel)))
    if (other.establishedAt !== undefined) abandon(ctx, other, UNRESPONSIVE);
}

/** HDR*, HASH, N(R-U-THERE) --> with a sequence number of its own each time (RFC 3706 §5.4). */
function sendProbe(ctx: ContextV1, sa: IkeSaV1): void {
  const { initiatorSpi, responderSpi } = sa;
  const sequence = sa.dpd.nextSequence;
  sa.dpd.nextSequence = (sequence + 1) >>> 0;
  const notify = dpdNotify({ kind: 'R-U-THERE', initiatorSpi, responderSpi, sequence });
  sendInformational(ctx, sa, [notify], { hashLast: sa.dpd.hashLast });
  ctx.setTimer(sa.id, 'liveness', ctx.now.mono + PROBE_INTERVAL);
}

/** Takes note of the packets that each Child SA has let in; whether there are any more than at the last look. */
export function countPackets(ctx: ContextV1, tunnels: readonly string[], reply: DataPlaneReply): boolean {
  const counters = new Map(
    (reply.kind === 'counters' ? reply.counters : []).map(({ sa, packets }) => [saKey(sa), packets]),
  );
  let alive = false;
  for (const child of tunnels.flatMap((tunnel) => ctx.childrenOf(tunnel))) {
    const packets = counters.get(saKey(inboundSa(child))) ?? child.packetsSeen;
    if (packets > child.packetsSeen) alive = true;
    child.packetsSeen = packets;
  }
  return alive;
}

/** Sequence numbers are 32 bits and go round. */
function inSeries(sequence: number, first: number, next: number): boolean {
  return (sequence - first) >>> 0 < (next - first) >>> 0;
}

const UNKNOWN_TO_PEER: Reason = {
  code: 'peer-unresponsive',
  text: 'the peer no longer answers in this IKE SA, while its packets come in',
};

export const UNRESPONSIVE: Reason = { code: 'peer-unresponsive', text: 'the peer no longer answers' };
