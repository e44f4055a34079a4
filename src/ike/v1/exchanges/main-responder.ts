import { invariant, WireError } from '../../../base/errors.ts';
import { keyExchangeMethod } from '../../../crypto/algorithms.ts';
import { constantTimeEqual } from '../../../crypto/constant-time.ts';
import { hash } from '../../../crypto/hash.ts';
import { privateKeyBytes } from '../../../crypto/key-exchange.ts';
import type { KeyExchangeResult } from '../../../crypto/key-exchange-job.ts';
import { restrictProposals } from '../../../sa/proposal.ts';
import { selectSuite } from '../../../sa/suite-selection.ts';
import { candidatesFor } from '../../common/candidates.ts';
import { type Caller, meantBy } from '../../common/instances.ts';
import { wantsUdp } from '../../common/nat-detection.ts';
import type { TunnelPolicy } from '../../common/policy.ts';
import type { Reason } from '../../common/reason.ts';
import { identityMismatch } from '../../common/refusals.ts';
import { refusePeer, vanish } from '../close.ts';
import type { ContextV1 } from '../context.ts';
import { establish } from '../establish.ts';
import { readFeatures, responderVendorIds } from '../features.ts';
import { identityFromPayload, identityToPayload } from '../identities.ts';
import { decryptBody, type IvChain } from '../iv-chain.ts';
import { encryptionOf, hashOf, type IkeKeys } from '../keymat.ts';
import { recordMessage } from '../message-record.ts';
import { sendClearNotify, sendPhase1 } from '../messages.ts';
import { detectNat, natDetection } from '../nat.ts';
import { ikeNotify } from '../notifies.ts';
import { answerToWire } from '../offers.ts';
import { findNotify, requirePayload } from '../payload-set.ts';
import type { Received } from '../received.ts';
import type { IkeSaV1 } from '../state.ts';
import { keFitsGroup } from '../wire/ke.ts';
import { decodeMessage } from '../wire/message.ts';
import type { PayloadV1 } from '../wire/payload.ts';
import { saPayload } from '../wire/sa.ts';
import { type KeyGroup, keysOf, MAX_KEYS } from './peer-keys.ts';
import {
  firstIvs,
  handshakeOf,
  initialContact,
  isGenuine,
  keysFromPsk,
  NONCE_BYTES,
  phase1HashOf,
  requestKeyExchange,
  responderLifetime,
  suiteOf,
} from './phase1.ts';
import { chooseSuite, HALF_OPEN_TIME, newResponder, type Opening, refuseOpening, tellRefusal } from './responder.ts';

/** 1. HDR, SA, V… --> and 2. <-- HDR, SA, V… */
export function answerMain(ctx: ContextV1, opening: Opening): void {
  const choice = chooseSuite(ctx, opening.candidates, opening.payloads);
  if ('code' in choice) {
    const tunnel = opening.candidates[0]?.name;
    return refuseOpening(ctx, opening, { tunnel, notify: 'NO_PROPOSAL_CHOSEN', reason: choice });
  }
  const sa = newResponder(ctx, opening, choice.policy, choice);
  sa.features = readFeatures(opening.payloads);
  sa.phase = 'mm2-sent';
  sendPhase1(ctx, sa, {
    payloads: [
      saPayload([answerToWire(choice.offer, new Uint8Array(0))]),
      ...responderVendorIds(sa.features, opening.payloads),
    ],
    answers: hash('sha256', opening.message),
  });
}

/** 3. HDR, KE, Ni, NAT-D… --> */
export function onMainKeyRequest(ctx: ContextV1, sa: IkeSaV1, received: Received): void {
  const payloads = decodeMessage(received.header, received.body);
  recordMessage(ctx, sa, 'received', received.header, payloads);
  const ke = requirePayload(payloads, 'KE');
  const nonce = requirePayload(payloads, 'Nonce');
  const handshake = handshakeOf(sa);
  const { method } = handshake;
  if (method === undefined || !keFitsGroup(ke, keyExchangeMethod(method).group))
    return ctx.drop(received.remote, 'bad-public-value');
  handshake.publicI = ke.data.slice();
  handshake.nonceI = nonce.data.slice();
  handshake.nonceR = ctx.entropy.bytes(NONCE_BYTES);
  handshake.answering = received.digest;
  // Which tunnel it is shows only when it is too late to say so.
  sa.nat = detectNat(sa, payloads, received, wantsUdp(candidatesOf(ctx, sa)));
  const privateKey = ctx.entropy.bytes(privateKeyBytes(method));
  const job = { kind: 'ke.respond', method, privateKey, peerPublic: handshake.publicI } as const;
  requestKeyExchange(ctx, sa, job, { kind: 'main-responded' });
}

/** 4. <-- HDR, KE, Nr, NAT-D… */
export function onMainResponded(ctx: ContextV1, sa: IkeSaV1, result: KeyExchangeResult): void {
  // RFC 6989 §2: a bad public value gets no answer.
  if (result.kind !== 'ke.respond') return vanish(ctx, sa, 'bad-public-value');
  const handshake = handshakeOf(sa);
  handshake.publicR = result.publicValue;
  handshake.sharedSecret = result.sharedSecret;
  sa.phase = 'mm4-sent';
  // It has our answer: from now on the time is that of an honest peer.
  ctx.setTimer(sa.id, 'half-open', ctx.now.mono + HALF_OPEN_TIME);
  sendPhase1(ctx, sa, {
    payloads: [
      { type: 'KE', data: result.publicValue },
      { type: 'Nonce', data: handshake.nonceR },
      ...natDetection(sa, sa, sa.nat.forced === true),
    ],
    ...(handshake.answering === undefined ? {} : { answers: handshake.answering }),
  });
}

/**
 * 5. HDR*, IDii, HASH_I --> and 6. <-- HDR*, IDir, HASH_R
 *
 * RFC 2409 §5.4 has the key found by the peer's address, as it is needed to read who the peer is. We try the key of
 * every tunnel that the peer may mean, so that several peers of unknown address can have keys of their own.
 */
export function onMainProof(ctx: ContextV1, sa: IkeSaV1, received: Received): void {
  const candidates = candidatesOf(ctx, sa);
  const opened = openWithKeys(sa, candidates, received);
  if (opened === undefined) return refuseKey(ctx, sa, received, candidates);
  sa.keys = opened.keys;
  sa.ivs = opened.next;
  recordMessage(ctx, sa, 'received', received.header, opened.payloads);
  const identity = identityFromPayload(opened.id);
  const policy = meantWithKey(ctx, opened, { identity, address: received.remote.address });
  sa.local = received.local;
  sa.remote = received.remote;
  if ('code' in policy) {
    const [named] = opened.policies;
    invariant(named !== undefined, 'a key is that of a tunnel');
    sa.tunnel = named.name;
    tellRefusal(ctx, received, sa.tunnel, policy);
    return refusePeer(ctx, sa, policy);
  }
  sa.tunnel = policy.name;
  sa.initialContact = findNotify(opened.payloads, 'INITIAL_CONTACT') !== undefined;
  const id = identityToPayload(policy.local.identity);
  const proof: PayloadV1 = { type: 'HASH', data: phase1HashOf(sa, 'responder', sa.keys.skeyid, id.body) };
  sendPhase1(ctx, sa, {
    payloads: [id, proof, ...responderLifetime(sa), ...initialContact(ctx, sa, policy)],
    encrypted: true,
    answers: received.digest,
  });
  if (sa.nat.local || sa.nat.remote) ctx.emit({ type: 'nat.detected', tunnel: sa.tunnel, ikeSa: sa.id, ...sa.nat });
  establish(ctx, sa, policy, identity);
}

/** The tunnels that the peer may still mean. */
function candidatesOf(ctx: ContextV1, sa: IkeSaV1): TunnelPolicy[] {
  return candidatesFor(ctx.policies, 1, sa.local, sa.origin).filter(
    (policy) => policy.mode === 'main' && ctx.admits(policy) && goesWith(ctx, sa, policy),
  );
}

/** The tunnel of this peer among those that have the key which it has proven. */
function meantWithKey(ctx: ContextV1, { policies, psk }: Opened, caller: Caller): TunnelPolicy | Reason {
  const policy = meantBy(ctx.policies, policies, caller).find((one) =>
    constantTimeEqual(one.psk.expose(), psk.expose()),
  );
  if (policy !== undefined) return ctx.join(policy, caller) ?? policy;
  const [named] = policies;
  invariant(named !== undefined, 'a key is that of a tunnel');
  return identityMismatch(named, caller.identity);
}

type Opened = KeyGroup & {
  readonly keys: IkeKeys;
  readonly next: IvChain;
  readonly payloads: readonly PayloadV1[];
  readonly id: Extract<PayloadV1, { readonly type: 'ID' }>;
};

/** All keys are not tried more often than this for one IKE SA, as noise is cheap to send. */
const MAX_TRIES = 16 * MAX_KEYS;

function openWithKeys(sa: IkeSaV1, candidates: readonly TunnelPolicy[], received: Received): Opened | undefined {
  const handshake = handshakeOf(sa);
  for (const group of keysOf(candidates, sa.origin.address)) {
    if (handshake.triedKeys++ >= MAX_TRIES) return undefined;
    const found = openWith(sa, group, received);
    if (found === undefined) continue;
    const { keys, next, payloads, id } = found;
    return { keys, next, payloads, id, psk: group.psk, policies: group.policies };
  }
  return undefined;
}

/** Undefined where the message was not made with this key: then what comes out is noise, whatever it looks like. */
function openWith(sa: IkeSaV1, key: KeyGroup, received: Received): Omit<Opened, keyof KeyGroup> | undefined {
  const suite = suiteOf(sa);
  const keys = keysFromPsk(sa, key, handshakeOf(sa).sharedSecret);
  const cipher = { encryption: encryptionOf(suite), key: keys.encryptionKey, hash: hashOf(suite) };
  const opened = decryptBody(firstIvs(sa), cipher, 0, received.body);
  if (opened === undefined) return undefined;
  try {
    const payloads = decodeMessage(received.header, opened.bytes);
    const id = requirePayload(payloads, 'ID');
    const claim = { idBody: id.body, hash: requirePayload(payloads, 'HASH').data };
    return isGenuine(sa, keys.skeyid, claim) ? { keys, next: opened.next, payloads, id } : undefined;
  } catch (error) {
    if (error instanceof WireError) return undefined;
    throw error;
  }
}

/** Whether the tunnel would have chosen the suite in use as well. */
export function goesWith(ctx: ContextV1, sa: IkeSaV1, policy: TunnelPolicy): boolean {
  const { offer } = handshakeOf(sa);
  const own = restrictProposals(policy.ikeProposals, ctx.capabilities);
  return offer !== undefined && 'suite' in selectSuite(own, [offer.proposal], 'ike');
}

/**
 * Noise under every key: the keys differ, or somebody has sent it in the peer's name. The IKE SA waits on for a good
 * message; the peer is told in the clear, and only once.
 */
function refuseKey(ctx: ContextV1, sa: IkeSaV1, received: Received, candidates: readonly TunnelPolicy[]): void {
  ctx.drop(received.remote, 'not-authentic');
  const handshake = handshakeOf(sa);
  if (handshake.refusal === undefined) sendClearNotify(ctx, sa, received, ikeNotify(sa, 'AUTHENTICATION_FAILED'));
  handshake.refusal = wrongKey(candidates);
  const [first, ...more] = candidates;
  tellRefusal(ctx, received, more.length === 0 ? first?.name : undefined, handshake.refusal);
}

export function wrongKey(candidates: readonly TunnelPolicy[]): Reason {
  if (candidates.length < 2) return ONE_WRONG_KEY;
  const names = candidates
    .slice(0, 8)
    .map(({ name }) => name)
    .join(', ');
  const text = `the peer has another pre-shared key than any of the tunnels that it may mean: ${names}${candidates.length > 8 ? ' ...' : ''}`;
  return { code: 'authentication-failed', text, evidence: { proof: 'unreadable' } };
}

const ONE_WRONG_KEY: Reason = {
  code: 'authentication-failed',
  text: 'the pre-shared keys differ: what the peer sends cannot be read with the key that is configured here',
  evidence: { proof: 'unreadable' },
};
