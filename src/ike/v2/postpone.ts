import { randomFraction } from '../../base/entropy.ts';
import { type Duration, SECOND } from '../../base/time.ts';
import type { Context } from '../common/context.ts';
import type { IkeSaV2, Task } from './state.ts';

/**
 * RFC 7296 §2.25: what the peer cannot do just now is asked for again, not at once, and not by both ends at the same
 * time. It goes on as long as the SA in question lives.
 */
export function postpone(ctx: Context, sa: IkeSaV2, task: Task): void {
  sa.postponed.push(task);
  const wait = RETRY_FROM + randomFraction(ctx.entropy) * RETRY_SPREAD;
  ctx.setTimer(sa.id, 'retry', ctx.now.mono + wait);
}

export function onRetryTimer(sa: IkeSaV2): void {
  sa.tasks.push(...sa.postponed.splice(0));
}

const RETRY_FROM: Duration = SECOND;
const RETRY_SPREAD: Duration = 2 * SECOND;
