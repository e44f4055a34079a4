import type { Context } from '../common/context.ts';
import { restore } from './child-removal.ts';
import { findChild } from './children.ts';
import type { FollowUp } from './creation.ts';
import { dropFollowUps, replacedBy } from './follow-ups.ts';
import type { IkeSaV2 } from './state.ts';

/** What the peer had under way comes to nothing: what it was to replace carries on. */
export function giveUpFollowUps(ctx: Context, sa: IkeSaV2, isMeant: (followUp: FollowUp) => boolean): void {
  for (const followUp of dropFollowUps(ctx, sa, isMeant)) keepReplaced(ctx, sa, replacedBy(followUp));
}

/** The next request has not come in time (RFC 9370 §2.2.4): should it still come, it is told that nobody knows it. */
export function onFollowUpTimer(ctx: Context, sa: IkeSaV2): void {
  giveUpFollowUps(ctx, sa, ({ expiresAt }) => expiresAt <= ctx.now.mono);
}

/** The peer's replacement of a Child SA has come to nothing; ours may still be under way. */
export function keepReplaced(ctx: Context, sa: IkeSaV2, id: string | undefined): void {
  const child = findChild(ctx, sa, id);
  const task = sa.creation?.task;
  const isOurs = task?.kind === 'create-child' && task.replaces === id;
  if (child?.state === 'rekeying' && !isOurs) restore(ctx, child);
}
