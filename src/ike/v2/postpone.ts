import { randomFraction } from '../../base/entropy.ts';
import { type Duration, MINUTE, SECOND } from '../../base/time.ts';
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
 * What may only be deleted when the peer has our last answer, in which it is told what takes its place. Its next request
 * shows that, as a window of one has it (§2.3); an answer that is lost is asked for again long before this time is over.
 */
export function postponeDelete(ctx: Context, sa: IkeSaV2, task: DeleteChildrenTask): void {
  sa.postponed.push(task);
  putOffDeletes(ctx, sa);
}

/** The peer has asked once more: what we have answered last has not come through. */
export function putOffDeletes(ctx: Context, sa: IkeSaV2): void {
  if (sa.postponed.some(isDelete)) ctx.setTimer(sa.id, 'answered', ctx.now.mono + ANSWER_TIME);
}

/** The peer has asked something else, or has not asked again for long: it has our last answer. */
export function releaseDeletes(ctx: Context, sa: IkeSaV2): void {
  if (!sa.postponed.some(isDelete)) return;
  ctx.clearTimer(sa.id, 'answered');
  sa.tasks.push(...sa.postponed.filter(isDelete));
  sa.postponed = sa.postponed.filter((task) => !isDelete(task));
}

export function onRetryTimer(sa: IkeSaV2): void {
  sa.tasks.push(...sa.postponed.filter((task) => !isDelete(task)));
  sa.postponed = sa.postponed.filter(isDelete);
}

function isDelete({ kind }: Task): boolean {
  return kind === 'delete-children';
}

/**
 * Our last answer has arrived by then, or is asked for again. Two ends may wait for more than ten seconds between two
 * repetitions, of which some are lost. Nothing is in a hurry.
 */
export const ANSWER_TIME: Duration = MINUTE;
const RETRY_FROM: Duration = SECOND;
const RETRY_SPREAD: Duration = 2 * SECOND;
