import { type Duration, SECOND } from '../../base/time.ts';
import { type ChildSa, outboundSa, planRemove } from '../../sa/child-sa.ts';
import { CHILD_TIMERS, childTimer } from './child-timers.ts';
import type { Context } from './context.ts';
import type { Reason } from './reason.ts';

/** How long packets may be under way that the peer has sent before it changed over. */
const DRAIN_TIME: Duration = 5 * SECOND;

/** A peer can make and delete Child SAs as fast as it likes; what drains is bounded. */
const MAX_DRAINING = 32;

const REPLACED: Reason = { code: 'replaced', text: 'its successor carries the traffic' };

/**
 * The peer no longer has this Child SA, and a successor carries the traffic: nothing goes out through it any more, but
 * what the peer has sent before is let in for some seconds. `untilReplaced`: the successor is only about to carry it, and
 * takes the outbound SA away itself.
 */
export function drain(ctx: Context, child: ChildSa, { untilReplaced = false } = {}): void {
  clearChildTimers(ctx, child);
  child.state = 'deleting';
  if (child.sends && !untilReplaced) {
    ctx.requestCleanUp({ kind: 'apply', steps: [{ kind: 'remove-sa', sa: outboundSa(child) }] });
    child.sends = false;
  }
  armDrain(ctx, child);
  const draining = ctx.childrenOf(child.tunnel).filter(({ state }) => state === 'deleting');
  // The oldest has drained longest. One that still sends is about to be replaced.
  if (draining.length > MAX_DRAINING) endDrain(ctx, draining.find(({ sends }) => !sends) ?? child);
}

/** It has drained long enough, unless its IKE SA is `parting`: the peer has yet to hear that it no longer has this Child SA. */
export function onDrainTimer(ctx: Context, child: ChildSa, parting: boolean): void {
  if (parting) armDrain(ctx, child);
  else endDrain(ctx, child);
}

export function endDrain(ctx: Context, child: ChildSa): void {
  ctx.requestCleanUp({ kind: 'apply', steps: planRemove(child) });
  clearChildTimers(ctx, child);
  ctx.dropChild(child);
  ctx.emit({ type: 'child.deleted', ikeSa: child.ikeSa, tunnel: child.tunnel, child: child.id, reason: REPLACED });
}

function armDrain(ctx: Context, child: ChildSa): void {
  ctx.setTimer(child.tunnel, childTimer('drain', child.id), ctx.now.mono + DRAIN_TIME);
}

export function clearChildTimers(ctx: Context, child: ChildSa): void {
  for (const name of CHILD_TIMERS) ctx.clearTimer(child.tunnel, childTimer(name, child.id));
}
