import { KEEPALIVE_INTERVAL } from '../common/keepalive.ts';
import type { Reason } from '../common/reason.ts';
import { tunnelsOf } from '../common/sharing.ts';
import { abandon, closeIkeSa } from './close.ts';
import type { ContextV1 } from './context.ts';
import { planQuickModes } from './exchanges/quick-mode-initiator.ts';
import { currentIkeSa, usableIkeSa } from './ike-sas.ts';
import { armLiveness } from './liveness-timer.ts';
import type { IkeSaV1, QuickModePlan } from './state.ts';

/**
 * An IKE SA ends while the Child SAs of its tunnel live on, with the Quick Modes that it was to make. In this order:
 * another one takes over; one that it had replaced is in use again, as the peer never knew of the successor or sees the
 * order of the two differently; a new one is made, where we keep the tunnel up.
 */

/** The peer has ended it. */
export function onClosedByPeer(ctx: ContextV1, sa: IkeSaV1, reason: Reason): void {
  const plans = unfinishedPlans(sa);
  abandon(ctx, sa, reason);
  for (const tunnel of tunnelsOf(sa)) succeed(ctx, tunnel, plans, ctx.policies.get(tunnel)?.retry.interval ?? 0);
}

/** The peer does not know it, or its lifetime is over. */
export function loseIkeSa(ctx: ContextV1, sa: IkeSaV1, reason: Reason): void {
  const plans = unfinishedPlans(sa);
  closeIkeSa(ctx, sa, reason);
  for (const tunnel of tunnelsOf(sa)) succeed(ctx, tunnel, plans, 0);
}

function unfinishedPlans(sa: IkeSaV1): QuickModePlan[] {
  const begun = [...sa.quickModes.values()].filter(
    ({ role, phase }) => role === 'initiator' && (phase === 'preparing' || phase === 'qm1-sent'),
  );
  return [...begun.map(({ plan }) => plan), ...sa.waiting];
}

function succeed(ctx: ContextV1, tunnel: string, all: readonly QuickModePlan[], wait: number): void {
  const policy = ctx.policies.get(tunnel);
  const plans = all.filter((plan) => plan.tunnel === tunnel);
  const own = currentIkeSa(ctx, tunnel) ?? revive(ctx, tunnel);
  const heir = own ?? (policy === undefined ? undefined : usableIkeSa(ctx, policy));
  if (heir !== undefined) return planQuickModes(ctx, heir, tunnel, plans);
  if (policy === undefined || policy.start === 'respond' || ctx.childrenOf(tunnel).length === 0) return;
  ctx.setTimer(tunnel, 'phase1', ctx.now.mono + wait);
}

function revive(ctx: ContextV1, tunnel: string): IkeSaV1 | undefined {
  const policy = ctx.policies.get(tunnel);
  const heir = ctx.ikeSasOf(tunnel).findLast(({ phase }) => phase === 'replaced');
  if (heir === undefined || policy === undefined) return undefined;
  heir.phase = 'established';
  ctx.touch(heir);
  ctx.clearTimer(heir.id, 'drain');
  ctx.setTimer(heir.id, 'rekey', Math.max(heir.rekeyAt?.mono ?? 0, ctx.now.mono + policy.retry.interval));
  if (heir.nat.local) ctx.setTimer(heir.id, 'keepalive', ctx.now.mono + KEEPALIVE_INTERVAL);
  armLiveness(ctx, heir, policy);
  return heir;
}
