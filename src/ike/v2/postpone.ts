import { randomFraction } from '../../base/entropy.ts';
import { type Duration, SECOND } from '../../base/time.ts';
import type { Context } from '../common/context.ts';
import type { DeleteChildrenTask, IkeSaV2, Task } from './state.ts';

/**
 * RFC 7296 §2.25: what the peer cannot do just now is asked for again, not at once, and not by both ends at the same
 * time. It goes on as long as the SA in question lives.
 */
export function postpone(ctx: Context, sa: IkeSaV2, task: Task): void {
  sa.postponed.push(task);
  const wait = RETRY_FROM + randomFraction(ctx.entropy) * RETRY_SPREAD;
  ctx.setTimer(sa.id, 'retry', ctx.now.mono + wait);
}

/**
 * What may only be deleted when the peer has our last answer, in which it is told what takes its place. We do not hear
 * of that; an answer that is lost is asked for again within this time.
 */
export function postponeDelete(ctx: Context, sa: IkeSaV2, task: DeleteChildrenTask): void {
  sa.postponed.push(task);
  ctx.setTimer(sa.id, 'retry', ctx.now.mono + ANSWER_TIME);
}

/** The peer has asked once more: what we have answered last has not come through. */
export function putOffDeletes(ctx: Context, sa: IkeSaV2): void {
  if (sa.postponed.some(({ kind }) => kind === 'delete-children'))
    ctx.setTimer(sa.id, 'retry', ctx.now.mono + ANSWER_TIME);
}

export function onRetryTimer(sa: IkeSaV2): void {
  sa.tasks.push(...sa.postponed.splice(0));
}

const ANSWER_TIME: Duration = 5 * SECOND;
const RETRY_FROM: Duration = SECOND;
const RETRY_SPREAD: Duration = 2 * SECOND;
