import { equalBytes } from '../../../base/bytes.ts';
import { type Duration, SECOND } from '../../../base/time.ts';
import { AH_BEHIND_NAT } from '../../common/child-mode.ts';
import type { Context } from '../../common/context.ts';
import { moveChildren } from '../../common/move-children.ts';
import type { Reason } from '../../common/reason.ts';
import type { RetransmitSchedule } from '../../common/retransmit.ts';
import { childrenOf } from '../children.ts';
import { closeIkeSa } from '../close.ts';
import { natNotifies } from '../exchanges/ike-sa-init.ts';
import { resendRequest, sendRequest } from '../message-window.ts';
import { findError, findNotify } from '../payload-set.ts';
import type { Received } from '../received.ts';
import type { IkeSaV2, Task } from '../state.ts';
import { NOTIFY, type NotifyPayload, notifyName, notifyPayload } from '../wire/notify.ts';
import { newCookie2 } from './cookie2.ts';
import { furtherAddresses, tellAddresses } from './negotiation.ts';
import { gatherChildren, natOn, type Path, setNat } from './path.ts';

type Update = Extract<Task, { readonly kind: 'update-addresses' }>;

/** A new path is often slow to carry anything at first; an operator waits no longer than this for a dead one. */
const UPDATE_SCHEDULE: RetransmitSchedule = { base: SECOND / 2, factor: 1.5, transmissions: 20, jitter: 0.2 };
export const UPDATE_PATIENCE: Duration = 30 * SECOND;

/** RFC 4555 §3.9: one that alters single packets is not to keep us from a path. */
const MAX_REFUSALS = 3;

/**
 * RFC 4555 §3.5: the original initiator decides which addresses are used. The Child SAs go along at once where our own
 * address alone is another one; that the peer can be reached at a new address of its own, it has to show first (§3.7).
 * What is under way goes on from the new address; the peer is told as soon as the window is free.
 */
export function moveTo(ctx: Context, sa: IkeSaV2, path: Path): void {
  takePath(ctx, sa, path);
  resendRequest(ctx, sa);
}

/** The same where nothing is under way, or has just been answered. */
export function takePath(ctx: Context, sa: IkeSaV2, path: Path): void {
  const sameHost = sa.remote.address === path.remote.address;
  ctx.emit({ type: 'path.changed', tunnel: sa.tunnel, ikeSa: sa.id, ...path });
  sa.local = path.local;
  sa.remote = path.remote;
  if (sameHost) moveChildren(ctx, childrenOf(ctx, sa), path);
  requestUpdate(ctx, sa);
}

/** Puts an update at the head of the line, in the place of any that waits there. */
export function requestUpdate(ctx: Context, sa: IkeSaV2): void {
  if (sa.mobike === undefined) return;
  sa.mobike.change++;
  const update: Update = { kind: 'update-addresses', change: sa.mobike.change, cookie: newCookie2(ctx) };
  sa.tasks = [update, ...sa.tasks.filter(({ kind }) => kind !== 'update-addresses')];
}

/** INFORMATIONAL SK { N(UPDATE_SA_ADDRESSES), N(NAT_DETECTION…), N(ADDITIONAL…), N(COOKIE2) } --> */
export function sendUpdate(ctx: Context, sa: IkeSaV2, task: Update): void {
  const told = furtherAddresses(sa, ctx.policies.get(sa.tunnel));
  if (sa.mobike !== undefined) sa.mobike.told = told;
  sendRequest(ctx, sa, {
    exchange: 'INFORMATIONAL',
    payloads: [
      notifyPayload('UPDATE_SA_ADDRESSES'),
      ...natNotifies(sa, sa, sa.nat.forced === true),
      ...tellAddresses(told),
      notifyPayload('COOKIE2', task.cookie),
    ],
    schedule: UPDATE_SCHEDULE,
    task,
    patience: UPDATE_PATIENCE,
  });
}

/** <-- INFORMATIONAL SK { N(NAT_DETECTION…), N(COOKIE2) }: the peer uses the new addresses. */
export function onUpdateAnswered(ctx: Context, sa: IkeSaV2, task: Update, received: Received): void {
  const { mobike } = sa;
  // RFC 4555 §3.5: overtaken by another change, whose own update waits already; or by a successor, which has its own.
  if (mobike === undefined || task.change !== mobike.change || sa.phase !== 'established') return;
  const error = findError(received.payloads);
  if (error !== undefined) return onUpdateRefused(ctx, sa, error);
  mobike.refusals = 0;
  const nat = natOn(sa, received.payloads, sa);
  if ((nat.local || nat.remote) && childrenOf(ctx, sa).some(({ protocol }) => protocol === 'ah'))
    return closeIkeSa(ctx, sa, AH_BEHIND_NAT);
  setNat(ctx, sa, nat);
  mobike.seenAs = seenAs(received);
  gatherChildren(ctx, sa);
}

/** What a probe asks as well, where a translator of ours may forget us (RFC 4555 §3.8). */
export function mappingProbe(sa: IkeSaV2): NotifyPayload[] {
  return sa.mobike?.decides === true && sa.nat.local ? natNotifies(sa, sa, sa.nat.forced === true) : [];
}

/** RFC 4555 §3.8: the peer sees us elsewhere than at the last update: our translator has given us another mapping. */
export function onMappingTold(ctx: Context, sa: IkeSaV2, received: Received): void {
  const { mobike } = sa;
  const seen = seenAs(received);
  if (mobike?.decides !== true || !sa.nat.local || seen === undefined) return;
  if (mobike.seenAs !== undefined && equalBytes(mobike.seenAs, seen)) return;
  requestUpdate(ctx, sa);
}

function onUpdateRefused(ctx: Context, sa: IkeSaV2, error: NotifyPayload): void {
  const { mobike } = sa;
  if (error.notify === NOTIFY.UNEXPECTED_NAT_DETECTED && mobike !== undefined && mobike.refusals < MAX_REFUSALS) {
    mobike.refusals++;
    return requestUpdate(ctx, sa);
  }
  // A new IKE SA from the new address is as good, and the peer may have reasons against this one alone.
  const text = `the peer refuses our new address ${sa.local.address} with ${notifyName(error.notify)}`;
  const reason: Reason = { code: 'address-gone', text };
  closeIkeSa(ctx, sa, reason);
}

function seenAs({ payloads }: Received): Uint8Array | undefined {
  return findNotify(payloads, 'NAT_DETECTION_DESTINATION_IP')?.data.slice();
}
