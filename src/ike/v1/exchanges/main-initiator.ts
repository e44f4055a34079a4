import { equalBytes } from '../../../base/bytes.ts';
import { invariant } from '../../../base/errors.ts';
import type { Duration } from '../../../base/time.ts';
import { keyExchangeMethod } from '../../../crypto/algorithms.ts';
import { privateKeyBytes } from '../../../crypto/key-exchange.ts';
import type { KeyExchangeResult } from '../../../crypto/key-exchange-job.ts';
import { isExpected } from '../../../sa/identity-pattern.ts';
import { attemptDuration } from '../../common/attempt.ts';
import type { Context } from '../../common/context.ts';
import { wantsUdp } from '../../common/nat-detection.ts';
import { identityMismatch, UNCONFIGURED, WRONG_KEY } from '../../common/refusals.ts';
import { abandon, noteRefusal, refusePeer } from '../close.ts';
import type { ContextV1 } from '../context.ts';
import { establish } from '../establish.ts';
import { initiatorVendorIds, readFeatures } from '../features.ts';
import { identityFromPayload, identityToPayload } from '../identities.ts';
import { decryptBody } from '../iv-chain.ts';
import { recordMessage } from '../message-record.ts';
import { cipherOf, ivsOf, sendPhase1Request } from '../messages.ts';
import { detectNat, natDetection } from '../nat.ts';
import { findNotify, requirePayload } from '../payload-set.ts';
import type { Received } from '../received.ts';
import type { IkeSaV1 } from '../state.ts';
import { IKE_CLASSES, notifiedLifetimes } from '../transform-attributes.ts';
import { keFitsGroup } from '../wire/ke.ts';
import { decodeMessage } from '../wire/message.ts';
import type { PayloadV1 } from '../wire/payload.ts';
import type { SaPayload } from '../wire/sa.ts';
import { acceptChoice, floatPorts } from './initiator.ts';
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

/** 1. HDR, SA, V… --> */
export function sendMainOffer(ctx: Context, sa: IkeSaV1, offer: SaPayload): void {
  sa.phase = 'mm1-sent';
  sendPhase1Request(ctx, sa, { payloads: [offer, ...initiatorVendorIds()] });
}

/** 2. <-- HDR, SA, V… */
export function onSaChosen(ctx: ContextV1, sa: IkeSaV1, received: Received): void {
  const policy = ctx.policies.get(sa.tunnel);
  if (policy === undefined) return abandon(ctx, sa, UNCONFIGURED);
  const payloads = decodeMessage(received.header, received.body);
  recordMessage(ctx, sa, 'received', received.header, payloads);
  const choice = acceptChoice(ctx, policy, requirePayload(payloads, 'SA'));
  if ('code' in choice) return noteRefusal(ctx, sa, choice);
  const { keyExchange } = choice.suite;
  invariant(keyExchange !== undefined, 'an IKE suite has a key exchange method');
  const handshake = handshakeOf(sa);
  sa.suite = choice.suite;
  sa.responderSpi = received.header.responderSpi;
  sa.features = readFeatures(payloads);
  handshake.lifetime = choice.lifetime;
  handshake.method = keyExchange;
  handshake.privateKey = ctx.entropy.bytes(privateKeyBytes(keyExchange));
  handshake.nonceI = ctx.entropy.bytes(NONCE_BYTES);
  handshake.answering = received.digest;
  handshake.refusal = undefined;
  ctx.clearTimer(sa.id, 'refused');
  ctx.clearTimer(sa.id, 'retransmit');
  ctx.emit({ type: 'ike.answered', tunnel: sa.tunnel, ikeSa: sa.id, remote: received.remote });
  // The peer is there: from now on the time is that of the rest of the exchange.
  ctx.setTimer(sa.id, 'handshake', ctx.now.mono + attemptDuration(policy));
  const job = { kind: 'ke.generate', method: keyExchange, privateKey: handshake.privateKey } as const;
  requestKeyExchange(ctx, sa, job, { kind: 'main-generated' });
}

/** 3. HDR, KE, Ni, NAT-D… --> */
export function onMainGenerated(ctx: ContextV1, sa: IkeSaV1, result: KeyExchangeResult): void {
  if (result.kind !== 'ke.generate') return abandon(ctx, sa, keyExchangeFailed(result));
  const handshake = handshakeOf(sa);
  handshake.publicI = result.publicValue;
  sa.phase = 'mm3-sent';
  sendPhase1Request(ctx, sa, {
    payloads: [
      { type: 'KE', data: result.publicValue },
      { type: 'Nonce', data: handshake.nonceI },
      ...natDetection(sa, sa, wantsUdp([ctx.policies.get(sa.tunnel)])),
    ],
    ...(handshake.answering === undefined ? {} : { answers: handshake.answering }),
  });
}

/** 4. <-- HDR, KE, Nr, NAT-D… */
export function onMainKey(ctx: ContextV1, sa: IkeSaV1, received: Received): void {
  const payloads = decodeMessage(received.header, received.body);
  recordMessage(ctx, sa, 'received', received.header, payloads);
  const ke = requirePayload(payloads, 'KE');
  const nonce = requirePayload(payloads, 'Nonce');
  const handshake = handshakeOf(sa);
  const { method } = handshake;
  invariant(method !== undefined, 'the group is settled');
  if (!keFitsGroup(ke, keyExchangeMethod(method).group)) return ctx.drop(received.remote, 'bad-public-value');
  // Our own values sent back to us.
  if (equalBytes(ke.data, handshake.publicI) || equalBytes(nonce.data, handshake.nonceI))
    return ctx.drop(received.remote, 'reflection');
  handshake.publicR = ke.data.slice();
  handshake.nonceR = nonce.data.slice();
  handshake.answering = received.digest;
  sa.nat = detectNat(sa, payloads, received, wantsUdp([ctx.policies.get(sa.tunnel)]));
  const job = { kind: 'ke.agree', method, privateKey: handshake.privateKey, peerPublic: handshake.publicR } as const;
  requestKeyExchange(ctx, sa, job, { kind: 'main-agreed' });
}

/** 5. HDR*, IDii, HASH_I, [N(INITIAL-CONTACT)] --> from port 4500 where there is a NAT */
export function onMainAgreed(ctx: ContextV1, sa: IkeSaV1, result: KeyExchangeResult): void {
  // RFC 6989 §2: a bad public value. It is not authenticated, so that another answer may still come.
  if (result.kind !== 'ke.agree') return ctx.drop(sa.remote, 'bad-public-value');
  const policy = ctx.policies.get(sa.tunnel);
  if (policy === undefined) return abandon(ctx, sa, UNCONFIGURED);
  const handshake = handshakeOf(sa);
  handshake.privateKey = new Uint8Array(0);
  sa.keys = keysFromPsk(sa, policy, result.sharedSecret);
  sa.ivs = firstIvs(sa);
  ctx.clearTimer(sa.id, 'retransmit');
  floatPorts(sa);
  if (sa.nat.local || sa.nat.remote) ctx.emit({ type: 'nat.detected', tunnel: sa.tunnel, ikeSa: sa.id, ...sa.nat });
  sa.phase = 'mm5-sent';
  const id = identityToPayload(policy.local.identity);
  const hash: PayloadV1 = { type: 'HASH', data: phase1HashOf(sa, 'initiator', sa.keys.skeyid, id.body) };
  sendPhase1Request(ctx, sa, {
    payloads: [id, hash, ...initialContact(ctx, sa, policy)],
    encrypted: true,
    ...(handshake.answering === undefined ? {} : { answers: handshake.answering }),
  });
}

/** 6. <-- HDR*, IDir, HASH_R, [N(RESPONDER-LIFETIME)] */
export function onMainProof(ctx: ContextV1, sa: IkeSaV1, received: Received): void {
  const policy = ctx.policies.get(sa.tunnel);
  if (policy === undefined) return abandon(ctx, sa, UNCONFIGURED);
  const opened = decryptBody(ivsOf(sa), cipherOf(sa), 0, received.body);
  if (opened === undefined || sa.keys === undefined) return ctx.drop(received.remote, 'not-authentic');
  const payloads = decodeMessage(received.header, opened.bytes);
  recordMessage(ctx, sa, 'received', received.header, payloads);
  const id = requirePayload(payloads, 'ID');
  const { data } = requirePayload(payloads, 'HASH');
  const lifetime = lifetimeByResponder(sa, payloads);
  if (!isGenuine(sa, sa.keys.skeyid, { idBody: id.body, hash: data })) {
    noteRefusal(ctx, sa, WRONG_KEY);
    return ctx.drop(received.remote, 'not-authentic');
  }
  sa.ivs = opened.next;
  const identity = identityFromPayload(id);
  if (!isExpected(policy.remote, identity)) {
    const reason = identityMismatch(policy, identity);
    ctx.emit({ type: 'auth.failed', tunnel: sa.tunnel, ikeSa: sa.id, reason });
    return refusePeer(ctx, sa, reason);
  }
  handshakeOf(sa).lifetime = lifetime;
  sa.initialContact = findNotify(payloads, 'INITIAL_CONTACT') !== undefined;
  establish(ctx, sa, policy, identity);
}

/** RFC 2407 §4.6.3.1: the responder lives by a lower lifetime than we offered. */
export function lifetimeByResponder(sa: IkeSaV1, payloads: readonly PayloadV1[]): Duration | undefined {
  const { lifetime } = handshakeOf(sa);
  const notify = findNotify(payloads, 'RESPONDER_LIFETIME');
  if (notify === undefined || lifetime === undefined) return lifetime;
  return Math.min(lifetime, notifiedLifetimes(notify.data, IKE_CLASSES).lifetime ?? lifetime);
}
