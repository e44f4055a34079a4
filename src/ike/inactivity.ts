import { inboundSa, outboundSa } from '../sa/child-sa.ts';
import type { DataPlaneReply } from '../sa/data-plane.ts';
import { INACTIVITY_TIMER, nextLook } from './common/inactivity-timer.ts';
import type { Reason } from './common/reason.ts';
import type { CoreState } from './core-state.ts';
import type { Run } from './run.ts';

/** Why a tunnel ends that nobody has used for its time. */
export const UNUSED: Reason = {
  code: 'no-traffic',
  text: 'no packet has used the tunnel for the time of ipsec.inactivity',
};

/** Asks how many packets the Child SAs of a tunnel have carried. */
export function lookForUse(run: Run, state: CoreState, tunnel: string): void {
  const sas = run.childrenOf(tunnel).flatMap((child) => [inboundSa(child), outboundSa(child)]);
  if (sas.length === 0 || run.policies.get(tunnel)?.inactivity === undefined) return void state.use.delete(tunnel);
  const request = run.requestDataPlane(tunnel, { kind: 'query', sas });
  state.use.set(tunnel, { packets: undefined, since: run.now.mono, ...state.use.get(tunnel), request });
}

/**
 * Whether the answer was to that, and what it says: `idle` where the count has not changed for the whole time. New keys
 * change it, too; so a tunnel that is rekeyed lives somewhat longer.
 */
export function judgeUse(
  run: Run,
  state: CoreState,
  { tunnel, request, reply }: { readonly tunnel: string; readonly request: number; readonly reply: DataPlaneReply },
): 'idle' | 'in-use' | undefined {
  const known = state.use.get(tunnel);
  const limit = run.policies.get(tunnel)?.inactivity;
  if (known?.request !== request) return undefined;
  if (limit === undefined || reply.kind !== 'counters') return 'in-use';
  const packets = reply.counters.reduce((sum, counters) => sum + counters.packets, 0);
  const since = packets === known.packets ? known.since : run.now.mono;
  if (run.now.mono - since >= limit) {
    state.use.delete(tunnel);
    return 'idle';
  }
  state.use.set(tunnel, { packets, since, request: undefined });
  run.setTimer(tunnel, INACTIVITY_TIMER, nextLook(run.now.mono, limit));
  return 'in-use';
}
