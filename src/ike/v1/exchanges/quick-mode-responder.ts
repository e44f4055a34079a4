import { equalBytes } from '../../../base/bytes.ts';
import { invariant } from '../../../base/errors.ts';
import { keyExchangeMethod } from '../../../crypto/algorithms.ts';
import { constantTimeEqual } from '../../../crypto/constant-time.ts';
import { privateKeyBytes } from '../../../crypto/key-exchange.ts';
import type { KeyExchangeResult } from '../../../crypto/key-exchange-job.ts';
import { inboundSa } from '../../../sa/child-sa.ts';
import type { DataPlaneReply } from '../../../sa/data-plane.ts';
import { stoppedByNat } from '../../common/child-mode.ts';
import { kernelRefused } from '../../common/kernel-refusal.ts';
import type { TunnelPolicy } from '../../common/policy.ts';
import { policiesFor, policyFor, whyNotShared } from '../../common/sharing.ts';
import { transmit } from '../../common/transmit.ts';
import { sendDeletes, spiBytes } from '../child-end.ts';
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
  rememberMessageId,
  repeatAnswer,
  retransmit,
  sendInformational,
} from '../messages.ts';
import { childNotify, lifetimeData } from '../notifies.ts';
import { answerToWire } from '../offers.ts';
import { onlyPayload, payloadsOf, requirePayload } from '../payload-set.ts';
import { heardFrom } from '../peer-path.ts';
import type { Received } from '../received.ts';
import type { IkeSaV1, QuickMode } from '../state.ts';
import { IPSEC_CLASSES } from '../transform-attributes.ts';
import { keFitsGroup } from '../wire/ke.ts';
import { hashedPart } from '../wire/message.ts';
import { decodeChain, encodePayloads, type PayloadV1 } from '../wire/payload.ts';
import { saPayload } from '../wire/sa.ts';
import { NONCE_BYTES } from './phase1.ts';
import { childLifetime, childOf, createChild, installOutbound } from './quick-mode-child.ts';
import { discard, timerOf } from './quick-mode-end.ts';
import { answerQuickMode, type QuickModeRefusal, tunnelMeant } from './quick-mode-offers.ts';
import { newQuickMode, QUICK_MODE_RETRANSMIT } from './quick-mode-start.ts';

/** Twenty segments on each side make four hundred Child SAs, and some devices ask for all of them at once. */
const MAX_AT_ONCE = 512;

/** How many refusals are kept, each for the repetitions of what it answers. */
const MAX_REFUSALS = 32;

/** 1. HDR*, HASH(1), SA, Ni, [KE], IDci, IDcr --> @throws WireError */
export function onQuickMode1(ctx: ContextV1, sa: IkeSaV1, received: Received): void {
  const { header, remote, body, digest } = received;
  const { messageId } = header;
  const refusal = sa.refusals.get(messageId);
  if (refusal?.answers !== undefined && equalBytes(refusal.answers, digest))
    return repeatAnswer(ctx, refusal, received, true);
  if (sa.usedMessageIds.includes(messageId)) return ctx.drop(remote, 'message-id-reused');
  if (sa.quickModes.size >= MAX_AT_ONCE) return ctx.drop(remote, 'too-many-quick-modes');
  const opened = decryptBody(ivsOf(sa), cipherOf(sa), messageId, body);
  const part = opened === undefined ? undefined : hashedPart(header, opened.bytes);
  if (opened === undefined || part === undefined || part.last) return ctx.drop(remote, 'not-authentic');
  if (!constantTimeEqual(part.hash, hash1(hashKey(sa, messageId), part.covered)))
    return ctx.drop(remote, 'not-authentic');
  const payloads = decodeChain(part.chain);
  recordMessage(ctx, sa, 'received', header, payloads);
  const offered = requirePayload(payloads, 'SA');
  const nonce = requirePayload(payloads, 'Nonce');
  const policy = meantBy(ctx, sa, payloads);
  if (policy === undefined) return ctx.drop(remote, 'unconfigured');
  const agreed = behindNat(sa, policy) ?? answerQuickMode(ctx, sa, policy, payloads, offered);
  if ('notify' in agreed) {
    const refusal = explained(ctx, sa, payloads, agreed);
    return refuseFirst(ctx, sa, policy, { received, refusal, spi: offered.proposals[0]?.spi });
  }
  const method = agreed.suite.keyExchange;
  const ke = onlyPayload(payloads, 'KE');
  if (method !== undefined && (ke === undefined || !keFitsGroup(ke, keyExchangeMethod(method).group)))
    return refuseFirst(ctx, sa, policy, { received, refusal: BAD_PUBLIC_VALUE, spi: agreed.peerSpi });
  sa.ivs = opened.next;
  const { local, remote: theirs } = agreed;
  const plan = { tunnel: policy.name, local, remote: theirs, groupIndex: 0, replaces: undefined };
  const quickMode = newQuickMode({ messageId, role: 'responder', plan, method, begunAt: ctx.now.mono });
  quickMode.agreed = agreed;
  quickMode.nonceI = nonce.data.slice();
  quickMode.nonceR = ctx.entropy.bytes(NONCE_BYTES);
  quickMode.peerPublic = ke?.data.slice() ?? new Uint8Array(0);
  quickMode.answering = digest;
  quickMode.echoedIds = payloadsOf(payloads, 'ID').map((id) => ({
    ...id,
    data: id.data.slice(),
    body: id.body.slice(),
  }));
  rememberMessageId(sa.usedMessageIds, messageId);
  sa.quickModes.set(messageId, quickMode);
  const request = ctx.requestDataPlane(sa.id, {
    kind: 'allocate-spi',
    protocol: policy.childProtocol,
    local: sa.local.address,
    remote: sa.remote.address,
    reqid: ctx.reqidFor(policy, [local], [theirs]),
  });
  quickMode.pending = { request, step: 'spi-allocated' };
}

/**
 * The tunnel of the Child SA: that of the IKE SA, or another one of the same peer which has the segments. Where none has,
 * its own says why.
 */
function meantBy(ctx: ContextV1, sa: IkeSaV1, payloads: readonly PayloadV1[]): TunnelPolicy | undefined {
  return tunnelMeant(sa, policiesFor(ctx, sa), payloads) ?? ctx.policies.get(sa.tunnel);
}

/** With what the operator may not see at once: another tunnel has the segments. */
function explained(
  ctx: ContextV1,
  sa: IkeSaV1,
  payloads: readonly PayloadV1[],
  { notify, reason }: QuickModeRefusal,
): QuickModeRefusal {
  if (reason.code !== 'traffic-selectors-unacceptable') return { notify, reason };
  const text = `${reason.text}${whyNotShared(ctx, sa, (policy) => tunnelMeant(sa, [policy], payloads) === policy)}`;
  return { notify, reason: { ...reason, text } };
}

/** The inbound SPI is there. */
export function onResponderSpi(ctx: ContextV1, sa: IkeSaV1, quickMode: QuickMode, reply: DataPlaneReply): void {
  const policy = policyFor(ctx, sa, quickMode.plan.tunnel);
  if (policy === undefined) return discard(ctx, sa, quickMode);
  if (reply.kind !== 'spi') return failByKernel(ctx, sa, quickMode, policy, reply);
  quickMode.reserved = { protocol: policy.childProtocol, destination: sa.local.address, spi: reply.spi };
  const { method, peerPublic } = quickMode;
  if (method === undefined) return installInbound(ctx, sa, quickMode, policy, undefined);
  const privateKey = ctx.entropy.bytes(privateKeyBytes(method));
  const job = { kind: 'ke.respond', method, privateKey, peerPublic } as const;
  quickMode.pending = { request: ctx.requestJob(sa.id, job), step: 'responded' };
}

export function onResponded(ctx: ContextV1, sa: IkeSaV1, quickMode: QuickMode, result: KeyExchangeResult): void {
  const policy = policyFor(ctx, sa, quickMode.plan.tunnel);
  if (policy === undefined) return discard(ctx, sa, quickMode);
  if (result.kind !== 'ke.respond') {
    const spi = quickMode.agreed?.peerSpi;
    discard(ctx, sa, quickMode);
    refuse(ctx, sa, policy, BAD_PUBLIC_VALUE, spi);
    return;
  }
  quickMode.publicValue = result.publicValue;
  installInbound(ctx, sa, quickMode, policy, result.sharedSecret);
}

/** We can receive: 2. <-- HDR*, HASH(2), SA, Nr, [KE], IDci, IDcr, [N(RESPONDER-LIFETIME)] */
export function onResponderInstalled(ctx: ContextV1, sa: IkeSaV1, quickMode: QuickMode, reply: DataPlaneReply): void {
  const policy = policyFor(ctx, sa, quickMode.plan.tunnel);
  if (policy === undefined) return discard(ctx, sa, quickMode);
  if (reply.kind !== 'done') {
    for (const child of ctx.childrenOf(policy.name)) if (child.id === quickMode.child) ctx.dropChild(child);
    quickMode.reserved = undefined;
    return failByKernel(ctx, sa, quickMode, policy, reply);
  }
  if (childOf(ctx, quickMode) === undefined) return discard(ctx, sa, quickMode);
  const { messageId, nonceI, nonceR, agreed, reserved, method } = quickMode;
  invariant(agreed !== undefined && reserved !== undefined, 'what is installed was agreed on');
  const rest: PayloadV1[] = [
    saPayload([answerToWire(agreed.offer, spiBytes(reserved.spi))]),
    { type: 'Nonce', data: nonceR },
    ...(method === undefined ? [] : [{ type: 'KE', data: quickMode.publicValue } as const]),
    // As they came: both sides compare them.
    ...quickMode.echoedIds,
    ...lifetimeNotify(policy, quickMode),
  ];
  const data = hash2(hashKey(sa, messageId), nonceI, encodePayloads(rest).bytes);
  const datagrams = exchangeDatagrams(ctx, sa, messageId, [{ type: 'HASH', data }, ...rest]);
  quickMode.phase = 'qm2-sent';
  quickMode.last = { datagrams, answers: quickMode.answering, sent: 1, repeated: 0 };
  transmit(ctx, sa.local, sa.remote, datagrams);
  armRetransmit(ctx, sa, timerOf(quickMode), quickMode.last, QUICK_MODE_RETRANSMIT);
}

/** 3. HDR*, HASH(3) --> The initiator has our answer, and what it says is fresh: packets may go out. */
export function onQuickMode3(ctx: ContextV1, sa: IkeSaV1, quickMode: QuickMode, received: Received): void {
  const { messageId, nonceI, nonceR } = quickMode;
  const opened = decryptBody(ivsOf(sa), cipherOf(sa), messageId, received.body);
  const part = opened === undefined ? undefined : hashedPart(received.header, opened.bytes);
  if (opened === undefined || part === undefined || part.last) return ctx.drop(received.remote, 'not-authentic');
  if (!constantTimeEqual(part.hash, hash3(hashKey(sa, messageId), nonceI, nonceR)))
    return ctx.drop(received.remote, 'not-authentic');
  sa.ivs = opened.next;
  recordMessage(ctx, sa, 'received', received.header, [{ type: 'HASH', data: part.hash }]);
  heardFrom(ctx, sa, received);
  installOutbound(ctx, sa, quickMode);
}

/** No third message yet. Where packets come in, the initiator has our answer all the same; else it is sent again. */
export function onQuickMode2Timer(ctx: ContextV1, sa: IkeSaV1, quickMode: QuickMode): void {
  if (quickMode.pending !== undefined) return;
  const child = childOf(ctx, quickMode);
  if (child === undefined) return discard(ctx, sa, quickMode);
  const request = ctx.requestDataPlane(sa.id, { kind: 'query', sas: [inboundSa(child)] });
  quickMode.pending = { request, step: 'counted' };
}

export function onCounted(ctx: ContextV1, sa: IkeSaV1, quickMode: QuickMode, reply: DataPlaneReply): void {
  const packets = reply.kind === 'counters' ? (reply.counters[0]?.packets ?? 0) : 0;
  if (packets > 0) return installOutbound(ctx, sa, quickMode);
  if (retransmit(ctx, sa, timerOf(quickMode), quickMode.last, QUICK_MODE_RETRANSMIT)) return;
  // The initiator may have our answer and think that all is well; nothing of its third message has come through.
  const child = childOf(ctx, quickMode);
  if (child !== undefined) sendDeletes(ctx, sa, [child]);
  discard(ctx, sa, quickMode);
  ctx.drop(sa.remote, 'quick-mode-unfinished');
}

function installInbound(
  ctx: ContextV1,
  sa: IkeSaV1,
  quickMode: QuickMode,
  policy: TunnelPolicy,
  sharedSecret: Uint8Array | undefined,
): void {
  const { inbound } = createChild(ctx, sa, quickMode, policy, sharedSecret);
  quickMode.pending = {
    request: ctx.requestDataPlane(sa.id, { kind: 'apply', steps: inbound }),
    step: 'inbound-installed',
  };
}

/** RFC 2407 §4.6.3.1: another lifetime than ours is accepted as it is offered, and the lower one is told. */
function lifetimeNotify(policy: TunnelPolicy, { agreed }: QuickMode): PayloadV1[] {
  const offered = agreed?.lifetimes.lifetime;
  const lifetime = childLifetime(policy, agreed?.lifetimes ?? {});
  if (agreed === undefined || offered === undefined || lifetime >= offered) return [];
  const data = lifetimeData({ lifetime }, IPSEC_CLASSES);
  return [childNotify(policy.childProtocol, agreed.peerSpi, 'RESPONDER_LIFETIME', data)];
}

function behindNat(sa: IkeSaV1, policy: TunnelPolicy): QuickModeRefusal | undefined {
  const reason = stoppedByNat(policy, sa.nat);
  return reason && { notify: 'NO_PROPOSAL_CHOSEN', reason };
}

/** Nothing has begun yet: what was said is all that is kept, for when the peer, or who has recorded it, says it again. */
function refuseFirst(
  ctx: ContextV1,
  sa: IkeSaV1,
  policy: TunnelPolicy,
  asked: {
    readonly received: Received;
    readonly refusal: QuickModeRefusal;
    readonly spi: Uint8Array | undefined;
  },
): void {
  const { messageId } = asked.received.header;
  const datagrams = refuse(ctx, sa, policy, asked.refusal, asked.spi);
  rememberMessageId(sa.usedMessageIds, messageId);
  sa.refusals.set(messageId, { datagrams, answers: asked.received.digest, sent: 1, repeated: 0 });
  const [eldest] = sa.refusals.keys();
  if (sa.refusals.size > MAX_REFUSALS && eldest !== undefined) sa.refusals.delete(eldest);
}

/** Says no in an exchange of its own; the SPI that the initiator proposed names the Quick Mode (RFC 2408 §3.14). */
function refuse(
  ctx: ContextV1,
  sa: IkeSaV1,
  policy: TunnelPolicy,
  refusal: QuickModeRefusal,
  spi: Uint8Array | undefined,
): readonly Uint8Array[] {
  const named = spi?.length === 4 ? spi : new Uint8Array(0);
  ctx.emit({ type: 'child.failed', tunnel: policy.name, ikeSa: sa.id, reason: refusal.reason });
  return sendInformational(ctx, sa, [childNotify(policy.childProtocol, named, refusal.notify)]);
}

function failByKernel(
  ctx: ContextV1,
  sa: IkeSaV1,
  quickMode: QuickMode,
  policy: TunnelPolicy,
  reply: DataPlaneReply,
): void {
  const reason = kernelRefused(ctx, policy.name, reply);
  const spi = quickMode.agreed?.peerSpi;
  discard(ctx, sa, quickMode);
  refuse(ctx, sa, policy, { notify: 'NO_PROPOSAL_CHOSEN', reason }, spi);
}

const BAD_PUBLIC_VALUE: QuickModeRefusal = {
  notify: 'INVALID_KEY_INFORMATION',
  reason: { code: 'protocol-error', text: 'the public value of the peer in Quick Mode is of no use' },
};
