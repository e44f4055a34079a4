import { equalBytes } from '../../../base/bytes.ts';
import { invariant, WireError } from '../../../base/errors.ts';
import { keyExchangeMethod } from '../../../crypto/algorithms.ts';
import { constantTimeEqual } from '../../../crypto/constant-time.ts';
import { privateKeyBytes } from '../../../crypto/key-exchange.ts';
import type { KeyExchangeResult } from '../../../crypto/key-exchange-job.ts';
import type { DataPlaneReply } from '../../../sa/data-plane.ts';
import { stoppedByNat } from '../../common/child-mode.ts';
import { kernelRefused } from '../../common/kernel-refusal.ts';
import type { TunnelPolicy } from '../../common/policy.ts';
import type { Reason } from '../../common/reason.ts';
import { selectorList, UNCONFIGURED } from '../../common/refusals.ts';
import { policyFor, tunnelsOf } from '../../common/sharing.ts';
import { transmit } from '../../common/transmit.ts';
import { spiBytes } from '../child-end.ts';
import { abandon } from '../close.ts';
import type { ContextV1 } from '../context.ts';
import { hash1, hash2, hash3 } from '../hashes.ts';
import { decryptBody } from '../iv-chain.ts';
import { recordMessage } from '../message-record.ts';
import {
  armRetransmit,
  cipherOf,
  exchangeDatagrams,
  hashKey,
  ivsOf,
  newMessageId,
  rememberMessageId,
  retransmit,
} from '../messages.ts';
import { encapsulationFor } from '../nat.ts';
import { childOffersToWire } from '../offers.ts';
import { isCovered } from '../pairs.ts';
import { findNotify, onlyPayload, requirePayload } from '../payload-set.ts';
import { heardFrom } from '../peer-path.ts';
import type { Received } from '../received.ts';
import type { IkeSaV1, QuickMode, QuickModePlan } from '../state.ts';
import { IPSEC_CLASSES, type Lifetimes, notifiedLifetimes } from '../transform-attributes.ts';
import { clientIdFromSelector } from '../wire/client-id.ts';
import { keFitsGroup } from '../wire/ke.ts';
import { decodeMessage, hashedPart } from '../wire/message.ts';
import { NOTIFY, type NotifyPayload, notifyName } from '../wire/notify.ts';
import { encodePayloads, type PayloadV1 } from '../wire/payload.ts';
import { saPayload } from '../wire/sa.ts';
import { NONCE_BYTES } from './phase1.ts';
import { childOf, createChild, sendWhenReady } from './quick-mode-child.ts';
import { discard, timerOf } from './quick-mode-end.ts';
import { acceptQuickMode, offeredText, offersOfGroup, pfsGroups } from './quick-mode-offers.ts';
import { newQuickMode, QUICK_MODE_RETRANSMIT } from './quick-mode-start.ts';

/**
 * How many of ours are under way at once: strongSwan remembers the IVs of the last three exchanges, those that are over
 * and probes among them, and takes up what has come in together in any order. With two under way, it forgets the first
 * of them where the third's first message overtakes the first's last one: then we have a Child SA that it never completes.
 * One that has been repeated without an answer keeps nobody waiting, once the peer is known to have left it without one:
 * where it has said nothing at all since, for some eight seconds, it may only be slow or out of reach for a moment.
 */
const MAX_AT_ONCE = 1;
const UNANSWERED = { known: 2, supposed: 6 } as const;

type Wanted = Pick<QuickModePlan, 'local' | 'remote'> & { readonly replaces?: string | undefined };

/** Makes Child SAs of a tunnel, as many at once as peers can cope with, successors before new ones. */
export function planQuickModes(ctx: ContextV1, sa: IkeSaV1, tunnel: string, wanted: readonly Wanted[]): void {
  for (const { local, remote, replaces } of wanted) {
    const plan = { tunnel, local, remote, replaces, groupIndex: 0 };
    if (replaces === undefined) sa.waiting.push(plan);
    else if (!isUnderWay(ctx, tunnel, replaces)) sa.waiting.unshift(plan);
  }
  startWaiting(ctx, sa);
}

export function startWaiting(ctx: ContextV1, sa: IkeSaV1): void {
  if (sa.phase !== 'established') return;
  while (sa.waiting.length > 0 && busy(sa) < MAX_AT_ONCE) {
    const plan = sa.waiting.shift();
    const policy = plan === undefined ? undefined : policyFor(ctx, sa, plan.tunnel);
    if (plan !== undefined && policy !== undefined && !isCovered(ctx, plan)) start(ctx, sa, policy, plan);
  }
}

/** The inbound SPI is there. */
export function onInitiatorSpi(ctx: ContextV1, sa: IkeSaV1, quickMode: QuickMode, reply: DataPlaneReply): void {
  const policy = policyFor(ctx, sa, quickMode.plan.tunnel);
  if (policy === undefined) return fail(ctx, sa, quickMode, UNCONFIGURED);
  if (reply.kind !== 'spi') return fail(ctx, sa, quickMode, kernelRefused(ctx, quickMode.plan.tunnel, reply));
  quickMode.reserved = { protocol: policy.childProtocol, destination: sa.local.address, spi: reply.spi };
  const { method } = quickMode;
  if (method === undefined) return sendFirst(ctx, sa, quickMode, policy);
  quickMode.privateKey = ctx.entropy.bytes(privateKeyBytes(method));
  const job = { kind: 'ke.generate', method, privateKey: quickMode.privateKey } as const;
  quickMode.pending = { request: ctx.requestJob(sa.id, job), step: 'generated' };
}

export function onGenerated(ctx: ContextV1, sa: IkeSaV1, quickMode: QuickMode, result: KeyExchangeResult): void {
  const policy = policyFor(ctx, sa, quickMode.plan.tunnel);
  if (policy === undefined) return fail(ctx, sa, quickMode, UNCONFIGURED);
  if (result.kind !== 'ke.generate') return fail(ctx, sa, quickMode, BAD_KEY_EXCHANGE);
  quickMode.publicValue = result.publicValue;
  sendFirst(ctx, sa, quickMode, policy);
}

export function onQuickMode1Timer(ctx: ContextV1, sa: IkeSaV1, quickMode: QuickMode): void {
  const again = retransmit(ctx, sa, timerOf(quickMode), quickMode.last, QUICK_MODE_RETRANSMIT);
  if (again) return startWaiting(ctx, sa);
  fail(ctx, sa, quickMode, NO_ANSWER);
  // Nothing of all that has been heard since: the peer no longer knows this IKE SA, and does not say so.
  if (sa.lastHeardAt > quickMode.begunAt) return;
  abandon(ctx, sa, SILENT);
  for (const tunnel of tunnelsOf(sa)) {
    const start = ctx.policies.get(tunnel)?.start ?? 'respond';
    const kept = start !== 'respond' && ctx.childrenOf(tunnel).length > 0;
    if (kept) ctx.setTimer(tunnel, 'phase1', ctx.now.mono);
  }
}

/** 2. <-- HDR*, HASH(2), SA, Nr, [KE], IDci, IDcr, [N(RESPONDER-LIFETIME)] @throws WireError */
export function onQuickMode2(ctx: ContextV1, sa: IkeSaV1, quickMode: QuickMode, received: Received): void {
  const { messageId, nonceI } = quickMode;
  const opened = decryptBody(ivsOf(sa), cipherOf(sa), messageId, received.body);
  const part = opened === undefined ? undefined : hashedPart(received.header, opened.bytes);
  if (opened === undefined || part === undefined || part.last) return ctx.drop(received.remote, 'not-authentic');
  if (!constantTimeEqual(part.hash, hash2(hashKey(sa, messageId), nonceI, part.covered)))
    return ctx.drop(received.remote, 'not-authentic');
  sa.ivs = opened.next;
  heardFrom(ctx, sa, received);
  const policy = policyFor(ctx, sa, quickMode.plan.tunnel);
  if (policy === undefined) return fail(ctx, sa, quickMode, UNCONFIGURED);
  try {
    takeAnswer(ctx, sa, quickMode, policy, { received, plain: opened.bytes });
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    // It is the peer's, and no other one will come.
    fail(ctx, sa, quickMode, MALFORMED);
  }
}

/** What the peer has answered. @throws WireError */
function takeAnswer(
  ctx: ContextV1,
  sa: IkeSaV1,
  quickMode: QuickMode,
  policy: TunnelPolicy,
  { received, plain }: { readonly received: Received; readonly plain: Uint8Array },
): void {
  const { method } = quickMode;
  const payloads = decodeMessage(received.header, plain);
  recordMessage(ctx, sa, 'received', received.header, payloads);
  const accepted = acceptQuickMode(
    ctx,
    sa,
    policy,
    { ...quickMode.plan, group: method },
    payloads,
    requirePayload(payloads, 'SA'),
  );
  if ('code' in accepted) return fail(ctx, sa, quickMode, accepted);
  quickMode.agreed = {
    ...accepted,
    lifetimes: withNotified(accepted.lifetimes, findNotify(payloads, 'RESPONDER_LIFETIME')),
  };
  quickMode.nonceR = requirePayload(payloads, 'Nonce').data.slice();
  quickMode.answering = received.digest;
  ctx.clearTimer(sa.id, timerOf(quickMode));
  quickMode.phase = 'installing';
  const ke = onlyPayload(payloads, 'KE');
  if (method === undefined) return install(ctx, sa, quickMode, policy, undefined);
  if (ke === undefined || !keFitsGroup(ke, keyExchangeMethod(method).group))
    return fail(ctx, sa, quickMode, BAD_KEY_EXCHANGE);
  const job = { kind: 'ke.agree', method, privateKey: quickMode.privateKey, peerPublic: ke.data.slice() } as const;
  quickMode.pending = { request: ctx.requestJob(sa.id, job), step: 'agreed' };
}

export function onAgreed(ctx: ContextV1, sa: IkeSaV1, quickMode: QuickMode, result: KeyExchangeResult): void {
  const policy = policyFor(ctx, sa, quickMode.plan.tunnel);
  if (policy === undefined) return fail(ctx, sa, quickMode, UNCONFIGURED);
  if (result.kind !== 'ke.agree') return fail(ctx, sa, quickMode, BAD_KEY_EXCHANGE);
  install(ctx, sa, quickMode, policy, result.sharedSecret);
}

/** We can receive: 3. HDR*, HASH(3) --> */
export function onInitiatorInstalled(ctx: ContextV1, sa: IkeSaV1, quickMode: QuickMode, reply: DataPlaneReply): void {
  if (reply.kind !== 'done') {
    for (const child of ctx.childrenOf(quickMode.plan.tunnel)) if (child.id === quickMode.child) ctx.dropChild(child);
    quickMode.reserved = undefined;
    return fail(ctx, sa, quickMode, kernelRefused(ctx, quickMode.plan.tunnel, reply));
  }
  if (childOf(ctx, quickMode) === undefined) {
    // The peer has deleted it meanwhile.
    discard(ctx, sa, quickMode);
    return startWaiting(ctx, sa);
  }
  const { messageId, nonceI, nonceR } = quickMode;
  const proof: PayloadV1 = { type: 'HASH', data: hash3(hashKey(sa, messageId), nonceI, nonceR) };
  const datagrams = exchangeDatagrams(ctx, sa, messageId, [proof]);
  quickMode.last = { datagrams, answers: quickMode.answering, sent: 1, repeated: 0 };
  transmit(ctx, sa.local, sa.remote, datagrams);
  for (const child of ctx.childrenOf(quickMode.plan.tunnel))
    if (child.id === quickMode.child) child.agreedAt = ctx.now.mono;
  sendWhenReady(ctx, sa, quickMode);
  startWaiting(ctx, sa);
}

/** An authentic notify of an error: it names the Quick Mode by the SPI that we proposed, if at all. */
export function onQuickModeRefused(ctx: ContextV1, sa: IkeSaV1, notify: NotifyPayload): void {
  const asking = [...sa.quickModes.values()].filter(({ phase }) => phase === 'qm1-sent');
  const named = asking.find(({ reserved }) => reserved !== undefined && equalBytes(spiBytes(reserved.spi), notify.spi));
  const quickMode = named ?? (asking.length === 1 ? asking[0] : undefined);
  const policy = quickMode === undefined ? undefined : policyFor(ctx, sa, quickMode.plan.tunnel);
  if (quickMode === undefined || policy === undefined) return;
  const groupIndex = quickMode.plan.groupIndex + 1;
  if (notify.notify === NOTIFY.NO_PROPOSAL_CHOSEN && groupIndex < pfsGroups(ctx, policy).length) {
    // What is offered at once has to be of one group; the peer may want another of ours.
    sa.waiting.unshift({ ...quickMode.plan, groupIndex });
    discard(ctx, sa, quickMode);
    return startWaiting(ctx, sa);
  }
  fail(ctx, sa, quickMode, refusalOf(ctx, policy, quickMode, notify));
}

function start(ctx: ContextV1, sa: IkeSaV1, policy: TunnelPolicy, plan: QuickModePlan): void {
  const method = pfsGroups(ctx, policy)[plan.groupIndex];
  const quickMode = newQuickMode({
    messageId: newMessageId(ctx, sa),
    role: 'initiator',
    plan,
    method,
    begunAt: ctx.now.mono,
  });
  quickMode.nonceI = ctx.entropy.bytes(NONCE_BYTES);
  sa.quickModes.set(quickMode.messageId, quickMode);
  rememberMessageId(sa.usedMessageIds, quickMode.messageId);
  const stopped = stoppedByNat(policy, sa.nat);
  if (stopped !== undefined) return fail(ctx, sa, quickMode, stopped);
  if (offersOfGroup(ctx, policy, method).length === 0) return fail(ctx, sa, quickMode, NOTHING_TO_OFFER);
  const request = ctx.requestDataPlane(sa.id, {
    kind: 'allocate-spi',
    protocol: policy.childProtocol,
    local: sa.local.address,
    remote: sa.remote.address,
    reqid: ctx.reqidFor(policy, [plan.local], [plan.remote]),
  });
  quickMode.pending = { request, step: 'spi-allocated' };
}

/** 1. HDR*, HASH(1), SA, Ni, [KE], IDci, IDcr --> */
function sendFirst(ctx: ContextV1, sa: IkeSaV1, quickMode: QuickMode, policy: TunnelPolicy): void {
  const { messageId, method, plan, reserved, nonceI } = quickMode;
  const idci = clientIdFromSelector(plan.local);
  const idcr = clientIdFromSelector(plan.remote);
  if (idci === undefined || idcr === undefined) return fail(ctx, sa, quickMode, UNSAYABLE);
  invariant(reserved !== undefined, 'the SPI is reserved before it is proposed');
  const offer = childOffersToWire(offersOfGroup(ctx, policy, method), {
    spi: spiBytes(reserved.spi),
    encapsulation: encapsulationFor(sa, policy),
    lifetimes: { lifetime: policy.childLifetime },
  });
  const rest: PayloadV1[] = [
    saPayload(offer),
    { type: 'Nonce', data: nonceI },
    ...(method === undefined ? [] : [{ type: 'KE', data: quickMode.publicValue } as const]),
    idci,
    idcr,
  ];
  const data = hash1(hashKey(sa, messageId), encodePayloads(rest).bytes);
  const datagrams = exchangeDatagrams(ctx, sa, messageId, [{ type: 'HASH', data }, ...rest]);
  quickMode.phase = 'qm1-sent';
  quickMode.last = { datagrams, answers: undefined, sent: 1, repeated: 0 };
  transmit(ctx, sa.local, sa.remote, datagrams);
  armRetransmit(ctx, sa, timerOf(quickMode), quickMode.last, QUICK_MODE_RETRANSMIT);
}

function install(
  ctx: ContextV1,
  sa: IkeSaV1,
  quickMode: QuickMode,
  policy: TunnelPolicy,
  sharedSecret: Uint8Array | undefined,
): void {
  const { inbound } = createChild(ctx, sa, quickMode, policy, sharedSecret);
  quickMode.privateKey = new Uint8Array(0);
  quickMode.pending = {
    request: ctx.requestDataPlane(sa.id, { kind: 'apply', steps: inbound }),
    step: 'inbound-installed',
  };
}

function fail(ctx: ContextV1, sa: IkeSaV1, quickMode: QuickMode, reason: Reason): void {
  discard(ctx, sa, quickMode);
  ctx.emit({ type: 'child.failed', tunnel: quickMode.plan.tunnel, ikeSa: sa.id, reason });
  startWaiting(ctx, sa);
}

function busy(sa: IkeSaV1): number {
  return [...sa.quickModes.values()].filter((quickMode) => quickMode.role === 'initiator' && occupies(sa, quickMode))
    .length;
}

/** The peer needs what it remembers of it, as the third message is still to come. */
function occupies({ lastHeardAt }: IkeSaV1, { phase, pending, last, begunAt }: QuickMode): boolean {
  if (phase === 'qm1-sent')
    return (last?.sent ?? 1) <= (lastHeardAt > begunAt ? UNANSWERED.known : UNANSWERED.supposed);
  return phase === 'preparing' || (phase === 'installing' && pending?.step !== 'outbound-installed');
}

/** Be it by an IKE SA that has been replaced meanwhile: of two successors of ours each end might settle on another one. */
function isUnderWay(ctx: ContextV1, tunnel: string, replaces: string): boolean {
  const all = ctx.ikeSasOf(tunnel);
  const active = all.flatMap(({ quickModes }) => [...quickModes.values()]).filter(({ phase }) => phase !== 'done');
  const plans = [...all.flatMap(({ waiting }) => waiting), ...active.map(({ plan }) => plan)];
  return plans.some((plan) => plan.replaces === replaces);
}

/** RFC 2407 §4.6.3.1: the responder lives by a lower lifetime than we offered. */
function withNotified(agreed: Lifetimes, notify: NotifyPayload | undefined): Lifetimes {
  if (notify === undefined) return agreed;
  const told = notifiedLifetimes(notify.data, IPSEC_CLASSES);
  return {
    ...lower('lifetime', agreed.lifetime, told.lifetime),
    ...lower('kilobytes', agreed.kilobytes, told.kilobytes),
  };
}

function lower(key: keyof Lifetimes, a: number | undefined, b: number | undefined): Lifetimes {
  if (a === undefined && b === undefined) return {};
  return { [key]: Math.min(a ?? Number.POSITIVE_INFINITY, b ?? Number.POSITIVE_INFINITY) };
}

function refusalOf(ctx: ContextV1, policy: TunnelPolicy, quickMode: QuickMode, notify: NotifyPayload): Reason {
  const { local, remote } = quickMode.plan;
  const evidence = { notify: notifyName(notify.notify), exchange: 'Quick Mode' } as const;
  if (notify.notify === NOTIFY.INVALID_ID_INFORMATION) {
    const text = `the peer does not accept these segments: local ${selectorList([local])}, peer ${selectorList([remote])}; they must mirror the peer's configuration`;
    return { code: 'traffic-selectors-unacceptable', text, evidence };
  }
  if (notify.notify === NOTIFY.NO_PROPOSAL_CHOSEN) {
    const text = `the peer accepts none of our IPsec proposals (PFS group included): ${offeredText(ctx, policy)}`;
    return { code: 'no-proposal-chosen', text, evidence };
  }
  return { code: 'child-refused', text: `the peer refuses the Child SA with ${evidence.notify}`, evidence };
}

const SILENT: Reason = { code: 'peer-unresponsive', text: 'the peer no longer answers on this IKE SA' };
const BAD_KEY_EXCHANGE: Reason = { code: 'protocol-error', text: 'the key exchange of Quick Mode failed' };
const MALFORMED: Reason = { code: 'protocol-error', text: 'the answer of the peer in Quick Mode is malformed' };
const UNSAYABLE: Reason = {
  code: 'traffic-selectors-unacceptable',
  text: 'IKEv1 has no way to say these segments: a port without a protocol, or a range of ports',
};
const NOTHING_TO_OFFER: Reason = {
  code: 'no-proposal-chosen',
  text: 'this machine supports none of the configured IPsec proposals',
};
const NO_ANSWER: Reason = {
  code: 'no-response',
  text: 'the peer does not answer Quick Mode',
  evidence: { exchange: 'Quick Mode', proof: 'silent' },
};
