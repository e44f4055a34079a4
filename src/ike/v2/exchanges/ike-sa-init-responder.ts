import { ByteWriter, toHex } from '../../../base/bytes.ts';
import { invariant } from '../../../base/errors.ts';
import { SECOND } from '../../../base/time.ts';
import { keyExchangeMethod } from '../../../crypto/algorithms.ts';
import { privateKeyBytes } from '../../../crypto/key-exchange.ts';
import type { KeyExchangeResult } from '../../../crypto/key-exchange-job.ts';
import { withSlots } from '../../../sa/proposal.ts';
import { type SuiteMismatch, type SuiteSelection, selectSuite } from '../../../sa/suite-selection.ts';
import { firstCandidates } from '../../common/candidates.ts';
import type { Context } from '../../common/context.ts';
import { type Evidence, proposalTexts } from '../../common/evidence.ts';
import type { Admission } from '../../common/half-open.ts';
import { wantsUdp } from '../../common/nat-detection.ts';
import type { TunnelPolicy } from '../../common/policy.ts';
import type { Reason } from '../../common/reason.ts';
import { transmit } from '../../common/transmit.ts';
import { tellVersionMismatch } from '../../common/version-mismatch.ts';
import { EXCHANGE, FLAG_INITIATOR, FLAG_RESPONSE, type IkeHeader } from '../../wire/header.ts';
import { vanish } from '../close.ts';
import { type CookieSecrets, makeCookie, verifyCookie } from '../cookie.ts';
import { deriveIkeKeys } from '../keymat.ts';
import { recordMessage } from '../message-record.ts';
import { digestOf, sendInitResponse } from '../message-window.ts';
import { ikeOffers } from '../offers.ts';
import { findNotify, requirePayload, unsupportedCritical } from '../payload-set.ts';
import { leftOutBy, type Offer, readOffers, suiteToWire } from '../proposals.ts';
import type { RequestRef } from '../received.ts';
import { type IkeSaV2, newIkeSa } from '../state.ts';
import { decodePlainMessage, encodePlainMessage } from '../wire/message.ts';
import { type NotifyPayload, notifyPayload } from '../wire/notify.ts';
import type { Payload } from '../wire/payload.ts';
import { PROTOCOL } from '../wire/sa.ts';
import {
  detectNat,
  initiatorOnly,
  initNotifies,
  intermediateNotify,
  NONCE_BYTES,
  supportsIntermediate,
} from './ike-sa-init.ts';

/** How long an initiator may take from IKE_SA_INIT to IKE_AUTH. */
const HALF_OPEN_TIME = 30 * SECOND;

/** Our limit: it is kept until the peer is authenticated, and no request of any known daemon comes near it. */
const MAX_INIT_BYTES = 10_000;

/** A request for a new IKE SA, and what decides whether it may cost us anything. */
export type InitRequest = {
  readonly header: IkeHeader;
  readonly message: Uint8Array;
  readonly path: { readonly local: RequestRef['local']; readonly remote: RequestRef['remote'] };
  /** The number that the IKE SA gets. */
  readonly id: number;
  readonly cookies: CookieSecrets;
  /** By whether the source has proven its address, and whether it is that of a configured peer. */
  readonly admit: (proven: boolean, isKnown: () => boolean) => Admission;
};

/**
 * IKE_SA_INIT { SA, KE, Ni, … } from somebody unknown: the new IKE SA, or undefined where the request is dropped,
 * refused or sent back for a cookie, of which nothing remains. @throws WireError
 */
export function answerInit(ctx: Context, request: InitRequest): IkeSaV2 | undefined {
  const { header, message, path } = request;
  const isInit = header.exchangeType === EXCHANGE.IKE_SA_INIT && header.messageId === 0;
  if (!isInit || (header.flags & FLAG_INITIATOR) === 0) return dropped(ctx, request, 'no-such-ike-sa');
  if (message.length > MAX_INIT_BYTES) return dropped(ctx, request, 'too-large');
  const { payloads } = decodePlainMessage(message);
  const critical = unsupportedCritical(payloads);
  if (critical !== undefined) {
    return refuse(ctx, request, notifyPayload('UNSUPPORTED_CRITICAL_PAYLOAD', Uint8Array.of(critical)));
  }
  // Of tunnels for any peer there may be thousands: what is sent back for a cookie does not have them looked at.
  let found: readonly TunnelPolicy[] | undefined;
  const candidates = (): readonly TunnelPolicy[] => {
    found ??= firstCandidates(ctx, 2, path);
    return found;
  };
  const nonce = requirePayload(payloads, 'Nonce').data;
  const claim = { nonceI: nonce, address: path.remote.address, initiatorSpi: header.initiatorSpi };
  const cookie = findNotify(payloads, 'COOKIE')?.data;
  const proven = cookie !== undefined && verifyCookie(request.cookies, cookie, claim);
  const isKnown = () => candidates().some((policy) => policy.remote.address.kind === 'address');
  const admission = request.admit(proven, isKnown);
  if (admission === 'refuse') return dropped(ctx, request, 'too-many-half-open');
  // RFC 7296 §2.6: before any state or computation.
  if (admission === 'demand-cookie')
    return refuse(ctx, request, notifyPayload('COOKIE', makeCookie(request.cookies, claim)));
  const [first] = candidates();
  if (first === undefined) {
    refuse(ctx, request, notifyPayload('NO_PROPOSAL_CHOSEN'));
    tellVersionMismatch(ctx, 2, path);
    return dropped(ctx, request, 'no-tunnel-for-peer');
  }
  const choice = chooseSuite(ctx, candidates(), offersOf(payloads));
  if ('reason' in choice) {
    refuse(ctx, request, notifyPayload('NO_PROPOSAL_CHOSEN'));
    const { reason } = choice;
    const tunnel = first.name;
    if (ctx.isTimely(`refused ${tunnel}`)) ctx.emit({ type: 'peer.refused', remote: path.remote, tunnel, reason });
    return undefined;
  }
  return startResponding(ctx, request, payloads, choice);
}

/** Our half of the key exchange is done: <-- IKE_SA_INIT { SA, KE, Nr, N(NAT_DETECTION…), N(FRAGMENTATION…) } */
export function onInitResponded(ctx: Context, sa: IkeSaV2, result: KeyExchangeResult): void {
  // RFC 6989 §2.5: a bad public value gets no answer.
  if (result.kind !== 'ke.respond') return vanish(ctx, sa, 'bad-public-value');
  const { handshake, suite } = sa;
  invariant(handshake !== undefined && suite?.keyExchange !== undefined, 'a responding IKE SA has chosen its suite');
  handshake.privateKey = new Uint8Array(0);
  sa.keys = deriveIkeKeys({
    suite,
    sharedSecret: result.sharedSecret,
    nonceI: handshake.peerNonce,
    nonceR: handshake.ownNonce,
    spiI: sa.initiatorSpi,
    spiR: sa.responderSpi,
  });
  const payloads: Payload[] = [
    { type: 'SA', proposals: [suiteToWire(suite, handshake.proposalNumber, new Uint8Array(0), handshake.leftOut)] },
    { type: 'KE', method: keyExchangeMethod(suite.keyExchange).group, data: result.publicValue },
    { type: 'Nonce', data: handshake.ownNonce },
    ...initNotifies(sa, sa, sa.nat.forced === true),
    // RFC 6023 §3, §4: an IKE_AUTH without a Child SA is taken as well.
    { ...notifyPayload('CHILDLESS_IKEV2_SUPPORTED'), protocol: PROTOCOL.IKE },
    ...(handshake.usePpk ? [notifyPayload('USE_PPK')] : []),
    ...intermediateNotify(suite.additional !== undefined),
  ];
  sa.phase = handshake.rounds.length > 0 ? 'intermediate-due' : 'init-answered';
  const request = { messageId: 0, digest: digestOf(handshake.peerMessage), local: sa.local, remote: sa.remote };
  handshake.ownMessage = sendInitResponse(ctx, sa, request, payloads);
}

/** RFC 9370 §2.2.1: without IKE_INTERMEDIATE an additional key exchange can only be left out. */
function offersOf(payloads: readonly Payload[]): readonly Offer[] {
  const offers = readOffers(requirePayload(payloads, 'SA').proposals);
  if (supportsIntermediate(payloads) || offers.every(({ proposal }) => proposal.additional === undefined))
    return offers;
  return offers.map((offer) => {
    const slots = (offer.proposal.additional ?? []).map(({ slot, methods }) => ({
      slot,
      methods: methods.filter((method) => method === 'none'),
    }));
    return { ...offer, proposal: { ...offer.proposal, ...withSlots(slots) } };
  });
}

type Choice = {
  /** The tunnel it is taken for until the peer has said who it is. */
  readonly tunnel: string;
  readonly selected: SuiteSelection;
  readonly offer: Offer;
  /** Whether any of the tunnels that it may be has a post-quantum key. */
  readonly ppk: boolean;
  /** Whether all of them want ESP in UDP whatever the path: which one it is shows only when it is too late to say so. */
  readonly inUdp: boolean;
};

type NoChoice = { readonly reason: Reason };

/** The first tunnel that the peer may mean and whose proposals go with its own; which one it is shows in IKE_AUTH. */
function chooseSuite(ctx: Context, candidates: readonly TunnelPolicy[], offers: readonly Offer[]): Choice | NoChoice {
  let mismatch: SuiteMismatch | undefined;
  const peer = offers.map((offer) => offer.proposal);
  const ppk = candidates.some((candidate) => candidate.ppk !== undefined);
  const inUdp = wantsUdp(candidates);
  for (const policy of candidates) {
    const selected = selectSuite(ikeOffers(ctx, policy), peer, 'ike');
    const offer = 'suite' in selected ? offers[selected.peerIndex] : undefined;
    if ('suite' in selected && offer !== undefined) return { tunnel: policy.name, selected, offer, ppk, inUdp };
    if ('mismatch' in selected) mismatch ??= selected;
  }
  const text = `the IKE proposals do not match: ${mismatch?.text ?? 'none is configured'}`;
  const evidence: Evidence = {
    proposals: proposalTexts(peer),
    ...(mismatch === undefined ? {} : { mismatch: mismatch.mismatch }),
  };
  return { reason: { code: 'no-proposal-chosen', text, evidence } };
}

function startResponding(
  ctx: Context,
  request: InitRequest,
  payloads: readonly Payload[],
  choice: Choice,
): IkeSaV2 | undefined {
  const { header, path, message, id } = request;
  const { suite } = choice.selected;
  const ke = requirePayload(payloads, 'KE');
  invariant(suite.keyExchange !== undefined, 'an IKE suite has a key exchange method');
  const method = keyExchangeMethod(suite.keyExchange);
  if (ke.method !== method.group) {
    // RFC 7296 §1.2: the initiator guessed another group than the one we choose.
    return refuse(ctx, request, notifyPayload('INVALID_KE_PAYLOAD', new ByteWriter().u16(method.group).finish()));
  }
  const privateKey = ctx.entropy.bytes(privateKeyBytes(suite.keyExchange));
  const sa = newIkeSa({
    id,
    tunnel: choice.tunnel,
    role: 'responder',
    initiatorSpi: header.initiatorSpi,
    responderSpi: toHex(ctx.entropy.bytes(8)),
    local: path.local,
    remote: path.remote,
    startedAt: ctx.now.mono,
    handshake: {
      method: suite.keyExchange,
      privateKey,
      publicValue: new Uint8Array(0),
      ownNonce: ctx.entropy.bytes(NONCE_BYTES),
      peerNonce: requirePayload(payloads, 'Nonce').data.slice(),
      ownMessage: new Uint8Array(0),
      peerMessage: message.slice(),
      cookie: undefined,
      cookieRetries: 0,
      methodRetries: 0,
      refusal: undefined,
      usePpk: choice.ppk && findNotify(payloads, 'USE_PPK') !== undefined,
      rounds: (suite.additional ?? []).map((additional) => additional.method),
      intAuth: undefined,
      packet: undefined,
      proposalNumber: choice.offer.number,
      leftOut: leftOutBy(suite, choice.offer),
      reservedSpi: undefined,
    },
  });
  sa.suite = suite;
  sa.nat = detectNat(payloads, initiatorOnly(header.initiatorSpi), path, choice.inUdp);
  sa.fragmentation = findNotify(payloads, 'FRAGMENTATION_SUPPORTED') !== undefined;
  const job = { kind: 'ke.respond', method: suite.keyExchange, privateKey, peerPublic: ke.data.slice() } as const;
  sa.pending = { request: ctx.requestJob(id, job), step: { kind: 'init-responded' } };
  ctx.setTimer(id, 'half-open', ctx.now.mono + HALF_OPEN_TIME);
  recordMessage(ctx, sa, 'received', header, payloads);
  return sa;
}

/** One datagram back, no state kept. */
function refuse(ctx: Context, request: InitRequest, notify: NotifyPayload): undefined {
  const { header, path } = request;
  const spis = initiatorOnly(header.initiatorSpi);
  const answer = { ...spis, exchangeType: EXCHANGE.IKE_SA_INIT, flags: FLAG_RESPONSE, messageId: 0 };
  transmit(ctx, path.local, path.remote, [encodePlainMessage(answer, [notify])]);
  return undefined;
}

function dropped(ctx: Context, request: InitRequest, why: string): undefined {
  ctx.drop(request.path.remote, why);
  return undefined;
}
