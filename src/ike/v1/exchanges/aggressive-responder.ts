import { invariant } from '../../../base/errors.ts';
import { keyExchangeMethod } from '../../../crypto/algorithms.ts';
import { hash } from '../../../crypto/hash.ts';
import { privateKeyBytes } from '../../../crypto/key-exchange.ts';
import type { KeyExchangeResult } from '../../../crypto/key-exchange-job.ts';
import { instanceOf, meantBy } from '../../common/instances.ts';
import { wantsUdp } from '../../common/nat-detection.ts';
import type { TunnelPolicy } from '../../common/policy.ts';
import { identityMismatch, UNCONFIGURED } from '../../common/refusals.ts';
import { FLAG_V1 } from '../../wire/header.ts';
import { abandon, refusePeer, vanish } from '../close.ts';
import type { ContextV1 } from '../context.ts';
import { establish } from '../establish.ts';
import { readFeatures, responderVendorIds } from '../features.ts';
import { identityFromPayload, identityToPayload } from '../identities.ts';
import { decryptBody } from '../iv-chain.ts';
import { recordMessage } from '../message-record.ts';
import { cipherOf, ivsOf, sendInformational, sendPhase1 } from '../messages.ts';
import { detectNat, natDetection } from '../nat.ts';
import { answerToWire } from '../offers.ts';
import { findNotify, requirePayload } from '../payload-set.ts';
import type { Received } from '../received.ts';
import type { IkeSaV1 } from '../state.ts';
import { decodeId } from '../wire/id.ts';
import { keFitsGroup } from '../wire/ke.ts';
import { decodeMessage } from '../wire/message.ts';
import { saPayload } from '../wire/sa.ts';
import { wrongKey } from './main-responder.ts';
import {
  firstIvs,
  handshakeOf,
  initialContact,
  isGenuine,
  keysFromPsk,
  NONCE_BYTES,
  phase1HashOf,
  requestKeyExchange,
} from './phase1.ts';
import { chooseSuite, newResponder, type Opening, refuseOpening, tellRefusal } from './responder.ts';

/** 1. HDR, SA, KE, Ni, IDii, V… --> The identity comes in the clear, so that it tells the tunnel and its key. */
export function answerAggressive(ctx: ContextV1, opening: Opening): void {
  const { payloads, candidates, path } = opening;
  const id = requirePayload(payloads, 'ID');
  const ke = requirePayload(payloads, 'KE');
  const nonce = requirePayload(payloads, 'Nonce');
  requirePayload(payloads, 'SA');
  const identity = identityFromPayload(id);
  const named = meantBy(ctx.policies, candidates, { identity, address: path.remote.address });
  const [first] = candidates;
  if (named.length === 0) {
    invariant(first !== undefined, 'without a candidate nothing is answered');
    const tunnel = candidates.length === 1 ? first.name : undefined;
    const reason = identityMismatch(first, identity);
    return refuseOpening(ctx, opening, { tunnel, notify: 'AUTHENTICATION_FAILED', reason });
  }
  const choice = chooseSuite(ctx, named, payloads);
  if ('code' in choice)
    return refuseOpening(ctx, opening, { tunnel: named[0]?.name, notify: 'NO_PROPOSAL_CHOSEN', reason: choice });
  const { keyExchange: method } = choice.suite;
  // RFC 2409 §5.4: all transforms of the first message are of the group of its public value.
  if (method === undefined || !keFitsGroup(ke, keyExchangeMethod(method).group))
    return ctx.drop(path.remote, 'bad-public-value');
  const sa = newResponder(ctx, opening, choice.policy, choice);
  sa.features = readFeatures(payloads);
  const handshake = handshakeOf(sa);
  handshake.publicI = ke.data.slice();
  handshake.nonceI = nonce.data.slice();
  handshake.nonceR = ctx.entropy.bytes(NONCE_BYTES);
  handshake.peerIdBody = id.body.slice();
  handshake.answering = hash('sha256', opening.message);
  handshake.vendorIds = responderVendorIds(sa.features, payloads);
  const privateKey = ctx.entropy.bytes(privateKeyBytes(method));
  const job = { kind: 'ke.respond', method, privateKey, peerPublic: handshake.publicI } as const;
  requestKeyExchange(ctx, sa, job, { kind: 'aggressive-responded' });
}

/** 2. <-- HDR, SA, KE, Nr, IDir, V…, NAT-D…, HASH_R */
export function onAggressiveResponded(ctx: ContextV1, sa: IkeSaV1, result: KeyExchangeResult): void {
  // RFC 6989 §2: a bad public value gets no answer.
  if (result.kind !== 'ke.respond') return vanish(ctx, sa, 'bad-public-value');
  const policy = claimed(ctx, sa);
  if (policy === undefined) return abandon(ctx, sa, UNCONFIGURED);
  const handshake = handshakeOf(sa);
  const { offer } = handshake;
  invariant(offer !== undefined, 'a responder has chosen');
  handshake.publicR = result.publicValue;
  sa.keys = keysFromPsk(sa, policy, result.sharedSecret);
  sa.ivs = firstIvs(sa);
  sa.phase = 'am2-sent';
  const id = identityToPayload(policy.local.identity);
  sendPhase1(ctx, sa, {
    payloads: [
      saPayload([answerToWire(offer, new Uint8Array(0))]),
      { type: 'KE', data: result.publicValue },
      { type: 'Nonce', data: handshake.nonceR },
      id,
      ...handshake.vendorIds,
      ...natDetection(sa, sa, wantsUdp([policy])),
      { type: 'HASH', data: phase1HashOf(sa, 'responder', sa.keys.skeyid, id.body) },
    ],
    ...(handshake.answering === undefined ? {} : { answers: handshake.answering }),
  });
}

/** 3. HDR*, HASH_I, NAT-D…, [N(INITIAL-CONTACT)] --> */
export function onAggressiveProof(ctx: ContextV1, sa: IkeSaV1, received: Received): void {
  const { header, body, remote } = received;
  const policy = claimed(ctx, sa);
  if (policy === undefined || sa.keys === undefined) return vanish(ctx, sa, 'unconfigured');
  const encrypted = (header.flags & FLAG_V1.ENCRYPTION) !== 0;
  const opened = encrypted ? decryptBody(ivsOf(sa), cipherOf(sa), 0, body) : { bytes: body, next: ivsOf(sa) };
  if (opened === undefined) return ctx.drop(remote, 'not-authentic');
  const payloads = decodeMessage(header, opened.bytes);
  recordMessage(ctx, sa, 'received', header, payloads);
  const { peerIdBody } = handshakeOf(sa);
  const claim = { idBody: peerIdBody, hash: requirePayload(payloads, 'HASH').data };
  if (!isGenuine(sa, sa.keys.skeyid, claim)) {
    ctx.drop(remote, 'not-authentic');
    return tellRefusal(ctx, received, sa.tunnel, wrongKey([policy]));
  }
  sa.ivs = opened.next;
  sa.nat = detectNat(sa, payloads, received, wantsUdp([policy]));
  sa.local = received.local;
  sa.remote = received.remote;
  const identity = identityFromPayload(decodeId(peerIdBody));
  const excess = ctx.join(policy, { identity, address: remote.address });
  if (excess !== undefined) {
    tellRefusal(ctx, received, sa.tunnel, excess);
    return refusePeer(ctx, sa, excess);
  }
  sa.tunnel = policy.name;
  // No hash covers it: in the clear anybody could have put it there.
  sa.initialContact = encrypted && findNotify(payloads, 'INITIAL_CONTACT') !== undefined;
  if (sa.nat.local || sa.nat.remote) ctx.emit({ type: 'nat.detected', tunnel: sa.tunnel, ikeSa: sa.id, ...sa.nat });
  establish(ctx, sa, policy, identity);
  // Our only message of phase 1 was not protected yet, which RFC 2407 §4.6.3.3 demands.
  const contact = initialContact(ctx, sa, policy);
  if (contact.length > 0) sendInformational(ctx, sa, contact);
}

/** The tunnel that the peer says to be of. Nothing is kept of it but what it calls itself. */
function claimed(ctx: ContextV1, sa: IkeSaV1): TunnelPolicy | undefined {
  const policy = ctx.policies.get(sa.tunnel);
  if (policy?.many === undefined) return policy;
  const identity = identityFromPayload(decodeId(handshakeOf(sa).peerIdBody));
  return instanceOf(policy, { identity, address: sa.remote.address });
}
