import type { ChildSa } from '../../sa/child-sa.ts';
import type { Reason } from '../common/reason.ts';
import { tunnelsOf } from '../common/sharing.ts';
import { removeChild, sendDeletes } from './child-end.ts';
import { closeIkeSa } from './close.ts';
import type { ContextV1 } from './context.ts';
import { discard } from './exchanges/quick-mode-end.ts';
import { startWaiting } from './exchanges/quick-mode-initiator.ts';
import { currentIkeSa } from './ike-sas.ts';
import { samePair } from './pairs.ts';
import type { IkeSaV1, QuickMode } from './state.ts';
import { terminateTunnel } from './tunnel.ts';

/**
 * One Child SA goes, at both ends. Nothing says in IKEv1 what replaces what, so that all of its pair of segments go with
 * it: what it has superseded would be used again, and what is on its way would take its place.
 */
export function endChildOnly(ctx: ContextV1, child: ChildSa, reason: Reason): void {
  const { tunnel } = child;
  const gone = ctx.ownChildrenOf(tunnel).filter((other) => other.state !== 'deleting' && isAlike(other, child));
  const sa = currentIkeSa(ctx, tunnel);
  if (sa !== undefined) sendDeletes(ctx, sa, gone);
  for (const one of ctx.ikeSasOf(tunnel)) {
    one.waiting = one.waiting.filter((plan) => plan.tunnel !== tunnel || !isFor(plan, child));
    const isIts = ({ plan, phase }: QuickMode) => phase !== 'done' && plan.tunnel === tunnel && isFor(plan, child);
    for (const quickMode of [...one.quickModes.values()].filter(isIts)) discard(ctx, one, quickMode);
    startWaiting(ctx, one);
  }
  const left = new Set(ctx.ownChildrenOf(tunnel));
  for (const other of gone) if (left.has(other)) removeChild(ctx, other, reason);
}

/** An IKE SA goes with the Child SAs of all tunnels that use it; IKEv1 waits for no answer to a Delete. */
export function endIkeSa(ctx: ContextV1, sa: IkeSaV1, reason: Reason): void {
  const users = tunnelsOf(sa).filter((tunnel) => currentIkeSa(ctx, tunnel) === sa);
  for (const tunnel of users) terminateTunnel(ctx, tunnel, reason);
  closeIkeSa(ctx, sa, reason);
}

function isAlike(a: ChildSa, b: ChildSa): boolean {
  const [local] = a.localSelectors;
  const [remote] = a.remoteSelectors;
  return local !== undefined && remote !== undefined && isFor({ local, remote }, b);
}

function isFor(pair: Parameters<typeof samePair>[0], { localSelectors, remoteSelectors }: ChildSa): boolean {
  const [local] = localSelectors;
  const [remote] = remoteSelectors;
  return local !== undefined && remote !== undefined && samePair(pair, { local, remote });
}
