import { KEY_EXCHANGE } from '../../../crypto/algorithms.ts';
import { sameSelectors } from '../../../sa/traffic-selector.ts';
import type { TunnelPolicy } from '../../common/policy.ts';
import type { Reason } from '../../common/reason.ts';
import { policyFor } from '../../common/sharing.ts';
import { refusedByPeer } from '../child-negotiation.ts';
import { removeChild } from '../child-removal.ts';
import { childrenOf, findChild } from '../children.ts';
import { closeIkeSa } from '../close.ts';
import type { ContextV2 } from '../context.ts';
import type { CreateChildTask, Creation, MethodRetry, RekeyIkeTask } from '../creation.ts';
import { endCreation } from '../creation-failure.ts';
import { addTask } from '../message-window.ts';
import { childOffers, ikeOffers } from '../offers.ts';
import { postpone } from '../postpone.ts';
import { isOursToRenew, renewFor, renewIkeSa } from '../renewal.ts';
import type { IkeSaV2, Task } from '../state.ts';
import { NOTIFY, type NotifyPayload, notifyName } from '../wire/notify.ts';

/** The peer refuses a Child SA. What its own exchange has made for the same purpose counts more (§2.8.1). */
export function onChildRefused(ctx: ContextV2, sa: IkeSaV2, error: NotifyPayload): void {
  const ended = endCreation(ctx, sa);
  if (ended === undefined || ended.rivals) return;
  const { task } = ended.creation;
  if (task.kind !== 'create-child') return;
  const policy = policyFor(ctx, sa, task.tunnel);
  if (policy === undefined) return;
  const again = anotherTry(ctx, policy, task, error);
  if (again !== undefined) return void sa.tasks.unshift(again);
  switch (error.notify) {
    case NOTIFY.TEMPORARY_FAILURE:
      return putOff(ctx, sa, task, ended.creation);
    case NOTIFY.CHILD_SA_NOT_FOUND:
      return forgetChild(ctx, sa, task);
    case NOTIFY.STATE_NOT_FOUND:
      return beginAgain(ctx, sa, task, ended.creation);
  }
  const isUsed = childrenOf(ctx, sa).some(({ tunnel }) => tunnel === task.tunnel);
  if (task.tunnel !== sa.tunnel && !isUsed) return goAlone(ctx, sa, task.tunnel);
  const reason = refusedByPeer(ctx, policy, notifyName(error.notify), false);
  ctx.emit({ type: 'child.failed', tunnel: task.tunnel, ikeSa: sa.id, reason });
  if (task.replaces !== undefined) return renewFor(ctx, sa, task.tunnel);
  // An IKE SA that carries nothing and cannot is of no use: the next attempt starts over.
  if (childrenOf(ctx, sa).length === 0) closeIkeSa(ctx, sa, reason);
}

/** The peer does not share the IKE SA with this tunnel, or no longer: it gets one of its own. */
function goAlone(ctx: ContextV2, sa: IkeSaV2, tunnel: string): void {
  sa.guests = sa.guests.filter((guest) => guest !== tunnel);
  if (!sa.refused.includes(tunnel)) sa.refused.push(tunnel);
  renewFor(ctx, sa, tunnel);
}

/** The same for the successor of an IKE SA. What the peer has made itself has taken over already. */
export function onIkeRekeyRefused(ctx: ContextV2, sa: IkeSaV2, error: NotifyPayload): void {
  const ended = endCreation(ctx, sa);
  const policy = ctx.policies.get(sa.tunnel);
  if (ended === undefined || ended.rivals || policy === undefined) return;
  const { task } = ended.creation;
  if (task.kind !== 'rekey-ike') return;
  const offered = ikeOffers(ctx, policy).flatMap(({ keyExchange }) => keyExchange);
  const retry = methodRetry(offered, task.retry, error);
  if (retry !== undefined) return void sa.tasks.unshift({ kind: 'rekey-ike', retry });
  if (error.notify === NOTIFY.TEMPORARY_FAILURE) return putOff(ctx, sa, { kind: 'rekey-ike' }, ended.creation);
  if (error.notify === NOTIFY.STATE_NOT_FOUND) return beginAgain(ctx, sa, task, ended.creation);
  const consequence = isOursToRenew(sa, policy)
    ? 'a new one is made instead'
    : 'it is up to the peer to make a new one before this one ends';
  const reason: Reason = {
    code: 'child-refused',
    text: `the peer refuses to rekey the IKE SA with ${notifyName(error.notify)}; ${consequence}`,
  };
  ctx.emit({ type: 'child.failed', tunnel: sa.tunnel, ikeSa: sa.id, reason });
  renewIkeSa(ctx, sa);
}

/**
 * It is tried again. Where the peer may have done it already, for a member of its cluster that is gone, the two ends
 * perhaps differ for good: a new IKE SA puts that right (RFC 6311 §8.3).
 */
function putOff(ctx: ContextV2, sa: IkeSaV2, task: Task, { askedAgain }: Creation): void {
  if (askedAgain === true) renewIkeSa(ctx, sa);
  postpone(ctx, sa, task);
}

/** RFC 7296 §1.3 has no bound; a peer that is never content gets no further. */
const MAX_METHOD_RETRIES = 3;

/** What the peer has said would do: another key exchange method, or (peers.md: Windows) all configured selectors. */
function anotherTry(
  ctx: ContextV2,
  policy: TunnelPolicy,
  task: CreateChildTask,
  error: NotifyPayload,
): Task | undefined {
  const offered = childOffers(ctx, policy).flatMap(({ keyExchange }) => keyExchange);
  const retry = methodRetry(offered, task.retry, error);
  if (retry !== undefined) return { ...task, retry };
  const { local, remote } = policy;
  const isWhole = sameSelectors(task.local, local.selectors) && sameSelectors(task.remote, remote.selectors);
  if (error.notify !== NOTIFY.TS_UNACCEPTABLE || task.replaces === undefined || isWhole) return undefined;
  return { ...task, local: local.selectors, remote: remote.selectors };
}

function methodRetry(
  offered: readonly string[],
  before: MethodRetry | undefined,
  error: NotifyPayload,
): MethodRetry | undefined {
  if (error.notify !== NOTIFY.INVALID_KE_PAYLOAD || error.data.length !== 2) return undefined;
  const group = new DataView(error.data.buffer, error.data.byteOffset).getUint16(0);
  const method = KEY_EXCHANGE.find((row) => row.group === group)?.keyword;
  const count = (before?.count ?? 0) + 1;
  return method === undefined || !offered.includes(method) || count > MAX_METHOD_RETRIES
    ? undefined
    : { method, count };
}

/** RFC 9370 §2.2.4 wants it tried several times before the IKE SA counts as broken. */
const MAX_RESTARTS = 3;

/** The peer has forgotten it between two exchanges, as where one of them took very long. */
function beginAgain(ctx: ContextV2, sa: IkeSaV2, task: CreateChildTask | RekeyIkeTask, { askedAgain }: Creation): void {
  // RFC 6311 §8.3: it has perhaps not forgotten it, but done it at the first time.
  if (askedAgain === true) return renewIkeSa(ctx, sa);
  const restarts = (task.restarts ?? 0) + 1;
  if (restarts > MAX_RESTARTS) return closeIkeSa(ctx, sa, FORGETFUL);
  sa.tasks.unshift({ ...task, restarts });
}

const FORGETFUL: Reason = {
  code: 'protocol-error',
  text: 'the peer forgets each time what an additional key exchange belongs to',
};

/** RFC 7296 §2.25: the peer does not have it. It goes without a word, and another one is made from scratch. */
function forgetChild(ctx: ContextV2, sa: IkeSaV2, task: CreateChildTask): void {
  const lost = findChild(ctx, sa, task.replaces);
  if (lost === undefined) return;
  removeChild(ctx, sa, lost, { code: 'peer-closed', text: 'the peer has lost the Child SA' });
  addTask(sa, { ...task, replaces: undefined });
}
