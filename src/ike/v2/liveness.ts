import { SECOND } from '../../base/time.ts';
import { inboundSa } from '../../sa/child-sa.ts';
import type { DataPlaneReply } from '../../sa/data-plane.ts';
import { saKey } from '../../sa/ledger.ts';
import type { Context } from '../common/context.ts';
import type { RetransmitSchedule } from '../common/retransmit.ts';
import { childrenOf } from './children.ts';
import { addTask, sendRequest } from './message-window.ts';
import { mappingProbe } from './mobike/initiator.ts';
import { hasOtherPaths } from './mobike/search.ts';
import type { IkeSaV2 } from './state.ts';

/** A probe is lost or answered within moments; how long it is repeated is up to `dpd.timeout`. */
const PROBE_RETRANSMIT: RetransmitSchedule = { base: SECOND / 2, factor: 1.5, transmissions: 20, jitter: 0.2 };

/** However short the configured timeout is, a probe is repeated at least once. */
const MIN_PROBE_TIME = 4 * SECOND;

/** RFC 4555 §3.11: where the peer may be looking for another path between us, it gets more time. */
const SEARCH_TIME = 15 * SECOND;

/** RFC 7296 §2.4: the peer is asked only after a time without any sign of life. */
export function onLivenessTimer(ctx: Context, sa: IkeSaV2): void {
  const policy = ctx.policies.get(sa.tunnel);
  // It may have been turned off since.
  if (sa.phase !== 'established' || policy === undefined || policy.dpd.delay <= 0) return;
  const quietUntil = sa.lastHeardAt + policy.dpd.delay;
  if (ctx.now.mono < quietUntil) return ctx.setTimer(sa.id, 'liveness', quietUntil);
  const children = childrenOf(ctx, sa);
  if (children.length === 0) return probe(sa);
  const request = ctx.requestDataPlane(sa.id, { kind: 'query', sas: children.map(inboundSa) });
  sa.pending = { request, step: { kind: 'liveness-counted' } };
}

/** Packets that came in since the last look are as good as an answer. */
export function onLivenessCounted(ctx: Context, sa: IkeSaV2, reply: DataPlaneReply): void {
  const counters = reply.kind === 'counters' ? reply.counters : [];
  let alive = false;
  for (const child of childrenOf(ctx, sa)) {
    const key = saKey(inboundSa(child));
    const packets = counters.find((entry) => saKey(entry.sa) === key)?.packets ?? child.packetsSeen;
    if (packets > child.packetsSeen) alive = true;
    child.packetsSeen = packets;
  }
  if (!alive) return probe(sa);
  sa.lastHeardAt = ctx.now.mono;
  sa.proven = true;
  armLiveness(ctx, sa);
}

/** INFORMATIONAL SK { [N(NAT_DETECTION…)] } --> */
export function sendProbe(ctx: Context, sa: IkeSaV2): void {
  const policy = ctx.policies.get(sa.tunnel);
  if (policy === undefined) return;
  const searches = sa.mobike?.decides === false && hasOtherPaths(ctx, sa);
  const least = searches ? SEARCH_TIME : MIN_PROBE_TIME;
  const patience = Math.max(policy.dpd.timeout - policy.dpd.delay, least);
  sendRequest(ctx, sa, {
    exchange: 'INFORMATIONAL',
    payloads: mappingProbe(sa),
    schedule: PROBE_RETRANSMIT,
    task: { kind: 'liveness' },
    patience,
  });
}

/** Looks again when the peer may have been silent for `dpd.delay`. */
export function armLiveness(ctx: Context, sa: IkeSaV2): void {
  const delay = ctx.policies.get(sa.tunnel)?.dpd.delay ?? 0;
  if (sa.phase === 'established' && delay > 0) ctx.setTimer(sa.id, 'liveness', sa.lastHeardAt + delay);
}

/** Whether the peer is known to have this IKE SA: it has answered us, or has said something since. */
export function isProven({ role, proven }: IkeSaV2): boolean {
  return role === 'initiator' || proven;
}

/** Any request that is under way already asks the same question. */
export function probe(sa: IkeSaV2): void {
  const asking = sa.outstanding !== undefined || sa.tasks.some((task) => task.kind === 'liveness');
  if (!asking) addTask(sa, { kind: 'liveness' });
}
