import { equalBytes, toHex } from '../../../base/bytes.ts';
import { invariant } from '../../../base/errors.ts';
import type { IpAddress } from '../../../base/net.ts';
import { KEY_EXCHANGE, type KeyExchangeKeyword, keyExchangeMethod } from '../../../crypto/algorithms.ts';
import { privateKeyBytes } from '../../../crypto/key-exchange.ts';
import type { KeyExchangeResult } from '../../../crypto/key-exchange-job.ts';
import { type CipherSuite, formatProposal } from '../../../sa/proposal.ts';
import type { PacketSelectors } from '../../../sa/traffic-selector.ts';
import { attemptDuration, noResponse, REFUSAL_GRACE } from '../../common/attempt.ts';
import type { Context } from '../../common/context.ts';
import { wantsUdp } from '../../common/nat-detection.ts';
import { calledAddress } from '../../common/peer-places.ts';
import type { TunnelPolicy } from '../../common/policy.ts';
import { IKE_PORT, NAT_TRAVERSAL_PORT } from '../../common/ports.ts';
import type { Reason } from '../../common/reason.ts';
import { NOTHING_TO_OFFER, UNCONFIGURED, UNRESOLVED } from '../../common/refusals.ts';
import { ZERO_SPI } from '../../wire/header.ts';
import { abandon } from '../close.ts';
import { MAX_COOKIE_BYTES } from '../cookie.ts';
import { deriveIkeKeys } from '../keymat.ts';
import { sendInitRequest, settleRequest } from '../message-window.ts';
import { acceptAnswer, ikeOffers } from '../offers.ts';
import { findError, findNotify, onlyPayload, requirePayload } from '../payload-set.ts';
import { ppkUnused } from '../ppk.ts';
import { offersToWire } from '../proposals.ts';
import type { Received } from '../received.ts';
import { type Handshake, type IkeSaV2, type InitAnswer, newIkeSa } from '../state.ts';
import { isErrorNotify, NOTIFY, type NotifyPayload, notifyName, notifyPayload } from '../wire/notify.ts';
import type { Payload } from '../wire/payload.ts';
import { startRound } from './ike-intermediate-initiator.ts';
import {
  detectNat,
  initiatorOnly,
  initNotifies,
  intermediateNotify,
  NONCE_BYTES,
  supportsIntermediate,
} from './ike-sa-init.ts';

/** A responder that answers with cookies or other groups for ever gets no further (RFC 7296 §2.6.1). */
const MAX_COOKIE_RETRIES = 3;
const MAX_METHOD_RETRIES = 3;

/** A new IKE SA to the peer of `policy`; undefined, with an event, where there is nothing to start with. */
export function initiateIkeSa(
  ctx: Context,
  id: number,
  policy: TunnelPolicy,
  { resolved, packet }: { readonly resolved: IpAddress | undefined; readonly packet: PacketSelectors | undefined },
): IkeSaV2 | undefined {
  const address = calledAddress(policy, resolved);
  const method = ikeOffers(ctx, policy)[0]?.keyExchange[0];
  if (address === undefined || method === undefined) {
    const reason = address === undefined ? UNRESOLVED : NOTHING_TO_OFFER;
    ctx.emit({ type: 'ike.failed', tunnel: policy.name, ikeSa: id, stage: 1, reason });
    return undefined;
  }
  const sa = newIkeSa({
    id,
    tunnel: policy.name,
    role: 'initiator',
    initiatorSpi: toHex(ctx.entropy.bytes(8)),
    responderSpi: ZERO_SPI,
    local: { address: policy.local.address, port: IKE_PORT },
    remote: { address, port: IKE_PORT },
    startedAt: ctx.now.mono,
    handshake: newHandshake(method, ctx.entropy.bytes(NONCE_BYTES), packet),
  });
  sa.localId = policy.local.identity;
  generate(ctx, sa, method);
  ctx.setTimer(id, 'handshake', ctx.now.mono + attemptDuration(policy));
  ctx.emit({ type: 'ike.initiated', tunnel: policy.name, ikeSa: id, remote: sa.remote });
  return sa;
}

/** The public value is there: IKE_SA_INIT { SA, KE, Ni, N(NAT_DETECTION…), N(FRAGMENTATION_SUPPORTED), [N(USE_PPK)] } --> */
export function onInitGenerated(ctx: Context, sa: IkeSaV2, result: KeyExchangeResult): void {
  if (result.kind !== 'ke.generate') return abandon(ctx, sa, internal(result));
  handshakeOf(sa).publicValue = result.publicValue;
  sendInit(ctx, sa);
}

/** <-- IKE_SA_INIT { SA, KE, Nr, … } or { N(COOKIE) } or { N(INVALID_KE_PAYLOAD) } or an error. */
export function onInitResponse(ctx: Context, sa: IkeSaV2, received: Received): void {
  const { payloads } = received;
  const cookie = findNotify(payloads, 'COOKIE');
  if (cookie !== undefined && onlyPayload(payloads, 'SA') === undefined) return repeatWithCookie(ctx, sa, cookie);
  const wrongMethod = findNotify(payloads, 'INVALID_KE_PAYLOAD');
  if (wrongMethod !== undefined) return repeatWithMethod(ctx, sa, wrongMethod);
  const error = findError(payloads);
  if (error !== undefined) return noteRefusal(ctx, sa, refusalOf(ctx, sa, error));
  const answer = readAnswer(ctx, sa, received);
  if ('code' in answer) return noteRefusal(ctx, sa, answer);
  const ke = requirePayload(payloads, 'KE');
  const handshake = handshakeOf(sa);
  const job = {
    kind: 'ke.agree',
    method: handshake.method,
    privateKey: handshake.privateKey,
    peerPublic: ke.data,
  } as const;
  sa.pending = { request: ctx.requestJob(sa.id, job), step: { kind: 'init-agreed', answer } };
}

/** The shared secret is there: from here on the messages are protected. */
export function onInitAgreed(ctx: Context, sa: IkeSaV2, answer: InitAnswer, result: KeyExchangeResult): void {
  // RFC 6989 §2.5: a bad public value. It is not authenticated, so another answer may still come.
  if (result.kind !== 'ke.agree') return noteRefusal(ctx, sa, internal(result));
  const handshake = handshakeOf(sa);
  handshake.peerNonce = answer.nonce;
  handshake.peerMessage = answer.message;
  handshake.privateKey = new Uint8Array(0);
  handshake.usePpk = answer.usePpk;
  sa.responderSpi = answer.responderSpi;
  sa.suite = answer.suite;
  handshake.rounds = (answer.suite.additional ?? []).map(({ method }) => method);
  sa.keys = deriveIkeKeys({
    suite: answer.suite,
    sharedSecret: result.sharedSecret,
    nonceI: handshake.ownNonce,
    nonceR: answer.nonce,
    spiI: sa.initiatorSpi,
    spiR: sa.responderSpi,
  });
  sa.fragmentation = answer.fragmentation;
  sa.childless = answer.childless;
  settleRequest(ctx, sa);
  ctx.emit({ type: 'ike.answered', tunnel: sa.tunnel, ikeSa: sa.id, remote: sa.remote });
  // The peer is there: the second exchange has as much time as the first.
  const policy = ctx.policies.get(sa.tunnel);
  if (policy !== undefined) ctx.setTimer(sa.id, 'handshake', ctx.now.mono + attemptDuration(policy));
  ctx.clearTimer(sa.id, 'refused');
  sa.nat = answer.nat;
  const mobile = policy?.mobike === true && answer.natTraversal;
  if (sa.nat.local || sa.nat.remote || mobile) floatPorts(ctx, sa);
  startRound(ctx, sa);
}

/** What nothing came back from, or only refusals: the attempt is over. */
export function giveUp(ctx: Context, sa: IkeSaV2): void {
  abandon(ctx, sa, sa.handshake?.refusal ?? noResponse(sa.remote));
}

function sendInit(ctx: Context, sa: IkeSaV2): void {
  const policy = ctx.policies.get(sa.tunnel);
  if (policy === undefined) return abandon(ctx, sa, UNCONFIGURED);
  const handshake = handshakeOf(sa);
  const offers = ikeOffers(ctx, policy);
  const payloads: Payload[] = [
    // RFC 7296 §2.6: the cookie comes first.
    ...(handshake.cookie === undefined ? [] : [notifyPayload('COOKIE', handshake.cookie)]),
    { type: 'SA', proposals: offersToWire(offers, new Uint8Array(0)) },
    { type: 'KE', method: keyExchangeMethod(handshake.method).group, data: handshake.publicValue },
    { type: 'Nonce', data: handshake.ownNonce },
    ...initNotifies(initiatorOnly(sa.initiatorSpi), sa, wantsUdp([policy])),
    // RFC 8784 §3, whether it is required or not.
    ...(policy.ppk === undefined ? [] : [notifyPayload('USE_PPK')]),
    ...intermediateNotify(offers.some(({ additional }) => additional !== undefined)),
  ];
  sa.phase = 'init-sent';
  handshake.ownMessage = sendInitRequest(ctx, sa, payloads);
}

/** RFC 7296 §2.6: everything else stays as it was. */
function repeatWithCookie(ctx: Context, sa: IkeSaV2, cookie: NotifyPayload): void {
  const handshake = handshakeOf(sa);
  if (cookie.data.length === 0 || cookie.data.length > MAX_COOKIE_BYTES) return ctx.drop(sa.remote, 'cookie-length');
  if (handshake.cookie !== undefined && equalBytes(handshake.cookie, cookie.data)) return;
  if (handshake.cookieRetries >= MAX_COOKIE_RETRIES) return ctx.drop(sa.remote, 'cookie-loop');
  handshake.cookieRetries++;
  forgetRefusal(ctx, sa);
  handshake.cookie = cookie.data.slice();
  sendInit(ctx, sa);
}

/** RFC 7296 §1.2: again, with the group that the responder wants, if it is one of those that we offered. */
function repeatWithMethod(ctx: Context, sa: IkeSaV2, notify: NotifyPayload): void {
  const policy = ctx.policies.get(sa.tunnel);
  const group = notify.data.length === 2 ? ((notify.data[0] ?? 0) << 8) | (notify.data[1] ?? 0) : undefined;
  const wanted = KEY_EXCHANGE.find((row) => row.group === group)?.keyword;
  const offered = policy === undefined ? [] : ikeOffers(ctx, policy).flatMap((proposal) => proposal.keyExchange);
  if (wanted === undefined || !offered.includes(wanted)) {
    const ours = [...new Set(offered)].map(groupName).join(', ');
    const text = `the peer wants Diffie-Hellman group ${group ?? '?'}, this tunnel offers ${ours}`;
    const evidence = { notify: 'INVALID_KE_PAYLOAD', ...(group === undefined ? {} : { group }) };
    return noteRefusal(ctx, sa, { code: 'key-exchange-mismatch', text, evidence });
  }
  const handshake = handshakeOf(sa);
  if (wanted === handshake.method) return;
  if (handshake.methodRetries >= MAX_METHOD_RETRIES) return ctx.drop(sa.remote, 'invalid-ke-loop');
  handshake.methodRetries++;
  forgetRefusal(ctx, sa);
  settleRequest(ctx, sa);
  generate(ctx, sa, wanted);
}

function generate(ctx: Context, sa: IkeSaV2, method: KeyExchangeKeyword): void {
  const handshake = handshakeOf(sa);
  handshake.method = method;
  handshake.privateKey = ctx.entropy.bytes(privateKeyBytes(method));
  const job = { kind: 'ke.generate', method, privateKey: handshake.privateKey } as const;
  sa.pending = { request: ctx.requestJob(sa.id, job), step: { kind: 'init-generated' } };
}

/** RFC 7296 §3.3.6: the answer must be one of our proposals with one transform of each type. */
function readAnswer(ctx: Context, sa: IkeSaV2, received: Received): InitAnswer | Reason {
  const { payloads, header } = received;
  const nonce = requirePayload(payloads, 'Nonce').data;
  const handshake = handshakeOf(sa);
  const suite = readSuite(ctx, sa, payloads);
  if (suite === undefined || header.responderSpi === ZERO_SPI) return NOT_OUR_OFFER;
  // RFC 9370 §2.2.1: there is no way to do what was chosen.
  if (suite.additional !== undefined && !supportsIntermediate(payloads)) return NOT_OUR_OFFER;
  const ke = requirePayload(payloads, 'KE');
  if (suite.keyExchange !== handshake.method || ke.method !== keyExchangeMethod(handshake.method).group)
    return NOT_OUR_OFFER;
  // Our own nonce or value coming back is a reflection of our message.
  if (equalBytes(nonce, handshake.ownNonce) || equalBytes(ke.data, handshake.publicValue)) return NOT_OUR_OFFER;
  const ppk = ctx.policies.get(sa.tunnel)?.ppk;
  const usePpk = ppk !== undefined && findNotify(payloads, 'USE_PPK') !== undefined;
  if (ppk?.required === true && !usePpk) return ppkUnused(ppk);
  const spis = { initiatorSpi: sa.initiatorSpi, responderSpi: header.responderSpi };
  return {
    message: received.message.slice(),
    responderSpi: header.responderSpi,
    suite,
    nonce: nonce.slice(),
    nat: detectNat(payloads, spis, received, wantsUdp([ctx.policies.get(sa.tunnel)])),
    natTraversal: findNotify(payloads, 'NAT_DETECTION_SOURCE_IP') !== undefined,
    fragmentation: findNotify(payloads, 'FRAGMENTATION_SUPPORTED') !== undefined,
    childless: findNotify(payloads, 'CHILDLESS_IKEV2_SUPPORTED') !== undefined,
    usePpk,
  };
}

function readSuite(ctx: Context, sa: IkeSaV2, payloads: readonly Payload[]): CipherSuite | undefined {
  const policy = ctx.policies.get(sa.tunnel);
  const [chosen, ...more] = requirePayload(payloads, 'SA').proposals;
  if (policy === undefined || chosen === undefined || more.length > 0) return undefined;
  return acceptAnswer(ikeOffers(ctx, policy), chosen, 'ike');
}

function noteRefusal(ctx: Context, sa: IkeSaV2, reason: Reason): void {
  const handshake = handshakeOf(sa);
  if (handshake.refusal === undefined) ctx.setTimer(sa.id, 'refused', ctx.now.mono + REFUSAL_GRACE);
  handshake.refusal = reason;
}

/** Somebody is willing to go on, so that an earlier refusal was not the last word. */
function forgetRefusal(ctx: Context, sa: IkeSaV2): void {
  handshakeOf(sa).refusal = undefined;
  ctx.clearTimer(sa.id, 'refused');
}

function refusalOf(ctx: Context, sa: IkeSaV2, error: NotifyPayload): Reason {
  invariant(isErrorNotify(error.notify), 'only errors refuse');
  const evidence = { notify: notifyName(error.notify) };
  if (error.notify === NOTIFY.NO_PROPOSAL_CHOSEN) {
    const policy = ctx.policies.get(sa.tunnel);
    const offers = policy === undefined ? '' : ikeOffers(ctx, policy).map(formatProposal).join(', ');
    return { code: 'no-proposal-chosen', text: `the peer accepts none of our IKE proposals: ${offers}`, evidence };
  }
  if (error.notify === NOTIFY.INVALID_MAJOR_VERSION) {
    return { code: 'version-mismatch', text: 'the peer does not speak IKEv2', evidence };
  }
  return { code: 'protocol-error', text: `the peer refuses IKE_SA_INIT with ${evidence.notify}`, evidence };
}

/**
 * RFC 7296 §2.23: with a NAT on the path everything from here on goes between the ports 4500; RFC 4555 §3.3: where both
 * may move also without one, as a new path may have one.
 */
function floatPorts(ctx: Context, sa: IkeSaV2): void {
  sa.local = { ...sa.local, port: NAT_TRAVERSAL_PORT };
  sa.remote = { ...sa.remote, port: NAT_TRAVERSAL_PORT };
  if (sa.nat.local || sa.nat.remote) ctx.emit({ type: 'nat.detected', tunnel: sa.tunnel, ikeSa: sa.id, ...sa.nat });
}

function newHandshake(method: KeyExchangeKeyword, nonce: Uint8Array, packet: PacketSelectors | undefined): Handshake {
  const nothing = new Uint8Array(0);
  return {
    method,
    privateKey: nothing,
    publicValue: nothing,
    ownNonce: nonce,
    peerNonce: nothing,
    ownMessage: nothing,
    peerMessage: nothing,
    cookie: undefined,
    cookieRetries: 0,
    methodRetries: 0,
    refusal: undefined,
    usePpk: false,
    rounds: [],
    intAuth: undefined,
    packet,
    proposalNumber: 0,
    leftOut: [],
    reservedSpi: undefined,
  };
}

function handshakeOf(sa: IkeSaV2): Handshake {
  invariant(sa.handshake !== undefined, 'the initial exchanges have their state');
  return sa.handshake;
}

function groupName(method: KeyExchangeKeyword): string {
  return `${keyExchangeMethod(method).group} (${method})`;
}

function internal(result: KeyExchangeResult): Reason {
  const detail = result.kind === 'ke.refused' ? result.reason : 'the key exchange came to nothing';
  return { code: 'protocol-error', text: `the key exchange failed: ${detail}` };
}

const NOT_OUR_OFFER: Reason = { code: 'protocol-error', text: 'the peer answered with something that was not offered' };
