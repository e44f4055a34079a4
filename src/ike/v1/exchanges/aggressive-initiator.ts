import { equalBytes } from '../../../base/bytes.ts';
import { invariant } from '../../../base/errors.ts';
import { keyExchangeMethod } from '../../../crypto/algorithms.ts';
import { privateKeyBytes } from '../../../crypto/key-exchange.ts';
import type { KeyExchangeResult } from '../../../crypto/key-exchange-job.ts';
import { isExpected } from '../../../sa/identity-pattern.ts';
import type { Proposal } from '../../../sa/proposal.ts';
import type { Context } from '../../common/context.ts';
import { wantsUdp } from '../../common/nat-detection.ts';
import { identityMismatch, UNCONFIGURED, WRONG_KEY } from '../../common/refusals.ts';
import { abandon, noteRefusal, refusePeer } from '../close.ts';
import type { ContextV1 } from '../context.ts';
import { doubtIkeSa } from '../dpd.ts';
import { establish } from '../establish.ts';
import { initiatorVendorIds, readFeatures } from '../features.ts';
import { identityFromPayload, identityToPayload } from '../identities.ts';
import { recordMessage } from '../message-record.ts';
import { sendPhase1, sendPhase1Request } from '../messages.ts';
import { detectNat, natDetection } from '../nat.ts';
import { requirePayload } from '../payload-set.ts';
import type { Received } from '../received.ts';
import type { AggressiveAnswer, IkeSaV1 } from '../state.ts';
import { keFitsGroup } from '../wire/ke.ts';
import { decodeMessage } from '../wire/message.ts';
import { decodeSa } from '../wire/sa.ts';
import { acceptChoice, firstGroup, floatPorts } from './initiator.ts';
import {
  firstIvs,
  handshakeOf,
  initialContact,
  isGenuine,
  keyExchangeFailed,
  keysFromPsk,
  NONCE_BYTES,
  phase1HashOf,
  requestKeyExchange,
} from './phase1.ts';

/** Our public value goes with the first message, so that it has to be computed before. */
export function generateAggressive(ctx: Context, sa: IkeSaV1, offers: readonly Proposal[]): void {
  const method = firstGroup(offers);
  invariant(method !== undefined, 'an IKE proposal has a group');
  const handshake = handshakeOf(sa);
  handshake.method = method;
  handshake.privateKey = ctx.entropy.bytes(privateKeyBytes(method));
  handshake.nonceI = ctx.entropy.bytes(NONCE_BYTES);
  const job = { kind: 'ke.generate', method, privateKey: handshake.privateKey } as const;
  requestKeyExchange(ctx, sa, job, { kind: 'aggressive-generated' });
}

/** 1. HDR, SA, KE, Ni, IDii, V… --> */
export function onAggressiveGenerated(ctx: ContextV1, sa: IkeSaV1, result: KeyExchangeResult): void {
  if (result.kind !== 'ke.generate') return abandon(ctx, sa, keyExchangeFailed(result));
  const policy = ctx.policies.get(sa.tunnel);
  if (policy === undefined) return abandon(ctx, sa, UNCONFIGURED);
  const handshake = handshakeOf(sa);
  handshake.publicI = result.publicValue;
  sa.phase = 'am1-sent';
  sendPhase1Request(ctx, sa, {
    payloads: [
      decodeSa(handshake.saBody),
      { type: 'KE', data: result.publicValue },
      { type: 'Nonce', data: handshake.nonceI },
      identityToPayload(policy.local.identity),
      ...initiatorVendorIds(),
    ],
  });
}

/** 2. <-- HDR, SA, KE, Nr, IDir, HASH_R, NAT-D…, V…; nothing changes before HASH_R has proven it. */
export function onAggressiveAnswer(ctx: ContextV1, sa: IkeSaV1, received: Received): void {
  const policy = ctx.policies.get(sa.tunnel);
  if (policy === undefined) return abandon(ctx, sa, UNCONFIGURED);
  const payloads = decodeMessage(received.header, received.body);
  recordMessage(ctx, sa, 'received', received.header, payloads);
  const choice = acceptChoice(ctx, policy, requirePayload(payloads, 'SA'));
  if ('code' in choice) return noteRefusal(ctx, sa, choice);
  const { method, privateKey, publicI } = handshakeOf(sa);
  const ke = requirePayload(payloads, 'KE');
  invariant(method !== undefined, 'the group is settled');
  if (!keFitsGroup(ke, keyExchangeMethod(method).group)) return ctx.drop(received.remote, 'bad-public-value');
  if (equalBytes(ke.data, publicI)) return ctx.drop(received.remote, 'reflection');
  const features = readFeatures(payloads);
  const { responderSpi } = received.header;
  const id = requirePayload(payloads, 'ID');
  const answer: AggressiveAnswer = {
    digest: received.digest,
    responderSpi,
    suite: choice.suite,
    lifetime: choice.lifetime,
    features,
    nat: detectNat({ ...sa, responderSpi, suite: choice.suite, features }, payloads, received, wantsUdp([policy])),
    publicR: ke.data.slice(),
    nonceR: requirePayload(payloads, 'Nonce').data.slice(),
    idBody: id.body.slice(),
    remoteId: identityFromPayload(id),
    hashR: requirePayload(payloads, 'HASH').data.slice(),
  };
  ctx.emit({ type: 'ike.answered', tunnel: sa.tunnel, ikeSa: sa.id, remote: received.remote });
  const job = { kind: 'ke.agree', method, privateKey, peerPublic: answer.publicR } as const;
  requestKeyExchange(ctx, sa, job, { kind: 'aggressive-agreed', answer });
}

/** 3. HDR*, HASH_I, NAT-D…, [N(INITIAL-CONTACT)] --> from port 4500 where there is a NAT */
export function onAggressiveAgreed(
  ctx: ContextV1,
  sa: IkeSaV1,
  answer: AggressiveAnswer,
  result: KeyExchangeResult,
): void {
  // RFC 6989 §2: a bad public value. It is not authenticated, so that another answer may still come.
  if (result.kind !== 'ke.agree') return ctx.drop(sa.remote, 'bad-public-value');
  const policy = ctx.policies.get(sa.tunnel);
  if (policy === undefined) return abandon(ctx, sa, UNCONFIGURED);
  const agreed = agreedWith(sa, answer);
  const keys = keysFromPsk(agreed, policy, result.sharedSecret);
  if (!isGenuine(agreed, keys.skeyid, { idBody: answer.idBody, hash: answer.hashR })) {
    ctx.drop(sa.remote, 'not-authentic');
    return noteRefusal(ctx, sa, WRONG_KEY);
  }
  Object.assign(sa, { ...agreed, keys, ivs: firstIvs(agreed) });
  if (!isExpected(policy.remote, answer.remoteId)) {
    const reason = identityMismatch(policy, answer.remoteId);
    ctx.emit({ type: 'auth.failed', tunnel: sa.tunnel, ikeSa: sa.id, reason });
    return refusePeer(ctx, sa, reason);
  }
  floatPorts(sa);
  if (sa.nat.local || sa.nat.remote) ctx.emit({ type: 'nat.detected', tunnel: sa.tunnel, ikeSa: sa.id, ...sa.nat });
  const { body } = identityToPayload(policy.local.identity);
  sendPhase1(ctx, sa, {
    payloads: [
      { type: 'HASH', data: phase1HashOf(sa, 'initiator', keys.skeyid, body) },
      ...natDetection(sa, sa, wantsUdp([policy])),
      ...initialContact(ctx, sa, policy),
    ],
    encrypted: true,
    answers: answer.digest,
  });
  establish(ctx, sa, policy, answer.remoteId);
  // Nothing answers the third message (RFC 2409 §5.4); if no Quick Mode follows, nobody would miss it.
  if (!sa.connects) doubtIkeSa(ctx, sa);
}

/** The IKE SA as it is if the answer is genuine. */
function agreedWith(sa: IkeSaV1, answer: AggressiveAnswer): IkeSaV1 {
  const { suite, responderSpi, features, nat, publicR, nonceR, lifetime } = answer;
  return { ...sa, suite, responderSpi, features, nat, handshake: { ...handshakeOf(sa), publicR, nonceR, lifetime } };
}
