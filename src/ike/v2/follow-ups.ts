import { type Duration, SECOND } from '../../base/time.ts';
import { constantTimeEqual } from '../../crypto/constant-time.ts';
import { childTimer } from '../common/child-timers.ts';
import type { Context } from '../common/context.ts';
import { findChild } from './children.ts';
import type { FollowUp } from './creation.ts';
import type { IkeSaV2 } from './state.ts';
import { type NotifyPayload, notifyPayload } from './wire/notify.ts';

/** RFC 9370 §2.2.4 finds 5 to 20 seconds appropriate: the next request may be lost some times, and repeated. */
const FOLLOW_UP_TIME: Duration = 20 * SECOND;

/** What a peer may have under way at once; with a window of one it gets on with one at a time. */
export const MAX_FOLLOW_UPS = 4;

const LINK_BYTES = 16;

/** CREATE_CHILD_SA is answered, and additional key exchanges are to follow: what the answer has to say of them. */
export function awaitFollowUp(
  ctx: Context,
  sa: IkeSaV2,
  begun: Pick<FollowUp, 'made' | 'lowerNonce' | 'left'>,
): NotifyPayload {
  const followUp: FollowUp = { ...begun, link: new Uint8Array(0), expiresAt: 0, secrets: [] };
  sa.followUps.push(followUp);
  claimReplaced(ctx, sa, followUp);
  return nextLink(ctx, sa, followUp);
}

/** The answer is not the last one: what it has to say of the next. */
export function nextLink(ctx: Context, sa: IkeSaV2, followUp: FollowUp): NotifyPayload {
  followUp.link = ctx.entropy.bytes(LINK_BYTES);
  followUp.expiresAt = ctx.now.mono + FOLLOW_UP_TIME;
  armFollowUps(ctx, sa);
  return notifyPayload('ADDITIONAL_KEY_EXCHANGE', followUp.link);
}

/** What a request belongs to. What was to be replaced may be gone by now, and then so is this. */
export function findFollowUp(ctx: Context, sa: IkeSaV2, link: Uint8Array): FollowUp | undefined {
  const found = sa.followUps.find((followUp) => constantTimeEqual(followUp.link, link));
  const replaces = found === undefined ? undefined : replacedBy(found);
  if (replaces === undefined) return found;
  const replaced = findChild(ctx, sa, replaces);
  return replaced === undefined || replaced.state === 'deleting' ? undefined : found;
}

/** The Child SA that it is to take the place of, if it is one that does so. */
export function replacedBy({ made }: FollowUp): string | undefined {
  return made.kind === 'child' ? made.answer.replaces : undefined;
}

/** What the peer has under way to replace the same SA as we do. */
export function pendingRival({ creation, followUps }: IkeSaV2): FollowUp | undefined {
  if (creation === undefined) return undefined;
  const { task } = creation;
  if (task.kind === 'rekey-ike') return followUps.find(({ made }) => made.kind === 'ike');
  return task.replaces === undefined ? undefined : followUps.find((followUp) => replacedBy(followUp) === task.replaces);
}

/** Whether the peer is replacing the IKE SA itself. */
export function isBeingReplaced({ followUps }: IkeSaV2): boolean {
  return followUps.some(({ made }) => made.kind === 'ike');
}

/** It goes on as an SA. */
export function endFollowUp(ctx: Context, sa: IkeSaV2, followUp: FollowUp): void {
  sa.followUps = sa.followUps.filter((other) => other !== followUp);
  armFollowUps(ctx, sa);
}

/** They come to nothing, and their secrets and SPIs go. What they were to replace is not looked after here. */
export function dropFollowUps(ctx: Context, sa: IkeSaV2, isMeant: (followUp: FollowUp) => boolean): FollowUp[] {
  const dropped = sa.followUps.filter(isMeant);
  if (dropped.length === 0) return [];
  sa.followUps = sa.followUps.filter((followUp) => !dropped.includes(followUp));
  armFollowUps(ctx, sa);
  const reserved = dropped.flatMap(({ made }) => (made.kind === 'child' ? [made.reservedSpi] : []));
  const steps = reserved.map((spi) => ({ kind: 'remove-sa', sa: spi }) as const);
  if (steps.length > 0) ctx.requestCleanUp({ kind: 'apply', steps });
  return dropped;
}

/** It is not replaced by us as well; where we are at it already, the nonces will decide (RFC 7296 §2.8.1). */
function claimReplaced(ctx: Context, sa: IkeSaV2, followUp: FollowUp): void {
  const replaced = findChild(ctx, sa, replacedBy(followUp));
  if (replaced?.state !== 'installed') return;
  replaced.state = 'rekeying';
  ctx.clearTimer(replaced.tunnel, childTimer('rekey', replaced.id));
}

function armFollowUps(ctx: Context, sa: IkeSaV2): void {
  if (sa.followUps.length === 0) return ctx.clearTimer(sa.id, 'follow-up');
  ctx.setTimer(sa.id, 'follow-up', Math.min(...sa.followUps.map(({ expiresAt }) => expiresAt)));
}
