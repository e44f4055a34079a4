import { ByteWriter } from '../../../base/bytes.ts';
import { invariant } from '../../../base/errors.ts';
import { constantTimeEqual } from '../../../crypto/constant-time.ts';
import { planInstall } from '../../../sa/child-sa.ts';
import type { DataPlaneReply } from '../../../sa/data-plane.ts';
import { formatIdentity } from '../../../sa/identity.ts';
import { isExpected } from '../../../sa/identity-pattern.ts';
import { stoppedByNat } from '../../common/child-mode.ts';
import type { Context } from '../../common/context.ts';
import { kernelRefused } from '../../common/kernel-refusal.ts';
import type { PostQuantumKey, TunnelPolicy } from '../../common/policy.ts';
import type { Reason } from '../../common/reason.ts';
import { identityMismatch, UNCONFIGURED, WRONG_KEY } from '../../common/refusals.ts';
import { HANDSHAKE_RETRANSMIT } from '../../common/retransmit.ts';
import { pskAuth } from '../auth.ts';
import { allocateSpi, childInstalled, childRefused, createChild, reservedSpi } from '../child-creation.ts';
import { acceptChild, askedSelectors, refusedByPeer } from '../child-negotiation.ts';
import { requireChild } from '../children.ts';
import { abandon, closeIkeSa, dropHandshake } from '../close.ts';
import { keepToken, tokenPayloads } from '../crash-token.ts';
import { deleteIke } from '../deletes.ts';
import { establish } from '../establish.ts';
import { identityFromPayload, identityToPayload } from '../identities.ts';
import { intAuthChunk } from '../int-auth.ts';
import { type IkeKeys, prfOf } from '../keymat.ts';
import { agreedIdSync, announceIdSync } from '../message-id-sync.ts';
import { sendLastWord, sendRequest, settleRequest } from '../message-window.ts';
import { planMissing } from '../missing-pairs.ts';
import { agreedMobike, offerMobike } from '../mobike/negotiation.ts';
import { firstChildOffers } from '../offers.ts';
import { findError, findNotify, onlyPayload, requirePayload } from '../payload-set.ts';
import { agreedPpk, keysWith, ppkPayloads, ppkUnused, wrongKeys } from '../ppk.ts';
import { offersToWire } from '../proposals.ts';
import type { Received } from '../received.ts';
import type { Handshake, IkeSaV2 } from '../state.ts';
import { modeNotify } from '../transport-mode.ts';
import { AUTH_METHOD } from '../wire/auth.ts';
import { NOTIFY, type NotifyPayload, notifyName, notifyPayload } from '../wire/notify.ts';
import type { Payload } from '../wire/payload.ts';

/** The first Child SA needs an inbound SPI before IKE_AUTH can propose it. */
export function requestFirstSpi(ctx: Context, sa: IkeSaV2): void {
  const policy = ctx.policies.get(sa.tunnel);
  if (policy === undefined) return abandon(ctx, sa, UNCONFIGURED);
  const stopped = stoppedByNat(policy, sa.nat);
  if (stopped !== undefined) return abandon(ctx, sa, stopped, { stage: 2 });
  if (firstChildOffers(ctx, policy).length === 0) return abandon(ctx, sa, NOTHING_TO_OFFER, { stage: 2 });
  if (isChildless(sa, policy)) return sendAuth(ctx, sa, policy, []);
  sa.pending = { request: allocateSpi(ctx, sa, policy), step: { kind: 'auth-spi-allocated' } };
}

/** It can be proposed now. */
export function onFirstSpiAllocated(ctx: Context, sa: IkeSaV2, reply: DataPlaneReply): void {
  if (reply.kind !== 'spi') return abandon(ctx, sa, kernelRefused(ctx, sa.tunnel, reply), { stage: 2 });
  const policy = ctx.policies.get(sa.tunnel);
  if (policy === undefined) return abandon(ctx, sa, UNCONFIGURED);
  const handshake = handshakeOf(sa);
  handshake.reservedSpi = reservedSpi(sa, policy, reply.spi);
  const asked = askedSelectors(policy, handshake.packet);
  const spi = new ByteWriter().u32(reply.spi).finish();
  sendAuth(ctx, sa, policy, [
    { type: 'SA', proposals: offersToWire(firstChildOffers(ctx, policy), spi) },
    { type: 'TSi', selectors: asked.local },
    { type: 'TSr', selectors: asked.remote },
    ...modeNotify(policy.childMode),
  ]);
}

/** IKE_AUTH SK { IDi, [N(INITIAL_CONTACT)], [IDr], AUTH, [N(QUICK_CRASH_DETECTION)], [SAi2, TSi, TSr, [N(USE_TRANSPORT_MODE)]], [N(PPK_IDENTITY), [N(NO_PPK_AUTH)]], [N(MOBIKE_SUPPORTED)], N(IKEV2_MESSAGE_ID_SYNC_SUPPORTED) } --> */
function sendAuth(ctx: Context, sa: IkeSaV2, policy: TunnelPolicy, child: readonly Payload[]): void {
  const idi = identityToPayload('IDi', policy.local.identity);
  const ppk = agreedPpk(sa, policy);
  const authWith = (keys: IkeKeys) => authOf(sa, policy, { side: 'own', idBody: idi.body, keys });
  const payloads: Payload[] = [
    idi,
    ...(ctx.isOnlyContact(sa.id, policy) ? [notifyPayload('INITIAL_CONTACT')] : []),
    ...(policy.remote.identity === undefined ? [] : [identityToPayload('IDr', policy.remote.identity)]),
    { type: 'AUTH', method: AUTH_METHOD.SHARED_KEY_MIC, data: authWith(keysWith(sa, ppk)) },
    ...tokenPayloads(ctx, sa),
    ...child,
    ...(ppk === undefined ? [] : ppkPayloads(ppk, () => authWith(keysWith(sa, undefined)))),
    ...offerMobike(sa, policy),
    announceIdSync(),
  ];
  sa.phase = 'auth-sent';
  sendRequest(ctx, sa, { exchange: 'IKE_AUTH', payloads, schedule: HANDSHAKE_RETRANSMIT });
}

/** <-- IKE_AUTH SK { IDr, AUTH, SAr2, TSi, TSr, [N(PPK_IDENTITY)] } or an error */
export function onAuthResponse(ctx: Context, sa: IkeSaV2, received: Received): void {
  settleRequest(ctx, sa);
  const policy = ctx.policies.get(sa.tunnel);
  if (policy === undefined) return closeIkeSa(ctx, sa, UNCONFIGURED);
  const { payloads } = received;
  const auth = onlyPayload(payloads, 'AUTH');
  const error = findError(payloads);
  const offered = agreedPpk(sa, policy);
  if (auth === undefined) return abandon(ctx, sa, refusalOf(sa, policy, error, offered));
  // RFC 8784 §3: what it says is of no account, that it is there counts.
  const ppk = findNotify(payloads, 'PPK_IDENTITY') === undefined ? undefined : offered;
  const unused = offered?.required === true && ppk === undefined ? ppkUnused(offered) : undefined;
  const failure = unused ?? verifyResponder(sa, policy, ppk, payloads);
  if (failure !== undefined) {
    // RFC 7296 §2.21.2: the responder believes in this IKE SA, so it has to be told.
    sendLastWord(ctx, sa, [notifyPayload('AUTHENTICATION_FAILED'), deleteIke()]);
    ctx.emit({ type: 'auth.failed', tunnel: sa.tunnel, ikeSa: sa.id, reason: failure });
    return abandon(ctx, sa, failure);
  }
  sa.keys = keysWith(sa, ppk);
  sa.ppk = ppk !== undefined;
  establish(ctx, sa, policy, identityFromPayload(requirePayload(payloads, 'IDr')));
  keepToken(sa, payloads);
  sa.mobike = agreedMobike(sa, policy, offerMobike(sa, policy), payloads);
  sa.idSync = agreedIdSync(payloads);
  // RFC 6023: its Child SAs follow, each with the key exchange that its proposals ask for.
  if (isChildless(sa, policy)) return planMissing(ctx, sa);
  if (error !== undefined) return failChild(ctx, sa, refusedByPeer(ctx, policy, notifyName(error.notify), true));
  const negotiation = acceptChild(ctx, policy, payloads, { first: true });
  if ('code' in negotiation) return failChild(ctx, sa, negotiation);
  const handshake = handshakeOf(sa);
  const reserved = handshake.reservedSpi;
  invariant(reserved !== undefined, 'IKE_AUTH has proposed an SPI');
  const { child, keys, limits } = createChild(ctx, sa, {
    policy,
    negotiation,
    inboundSpi: reserved.spi,
    nonces: { nonceI: handshake.ownNonce, nonceR: handshake.peerNonce },
    asInitiator: true,
    begunAt: sa.startedAt,
  });
  child.sends = true;
  sa.pending = {
    request: ctx.requestDataPlane(sa.id, { kind: 'apply', steps: planInstall(child, keys, limits) }),
    step: { kind: 'auth-installed', child: child.id },
  };
}

/** The data plane's answer for the first Child SA. */
export function onFirstChildInstalled(ctx: Context, sa: IkeSaV2, id: string, reply: DataPlaneReply): void {
  const child = requireChild(ctx, sa, id);
  if (reply.kind === 'done') {
    dropHandshake(ctx, sa);
    childInstalled(ctx, child);
    return planMissing(ctx, sa);
  }
  childRefused(ctx, child);
  failChild(ctx, sa, kernelRefused(ctx, sa.tunnel, reply));
}

/** The operator wants it and the peer can do it. */
function isChildless(sa: IkeSaV2, policy: TunnelPolicy): boolean {
  return policy.childless && sa.childless;
}

/** What AUTH data is about: who makes it, its Identification payload, and the keys with or without a PPK. */
type Signer = { readonly side: 'own' | 'peer'; readonly idBody: Uint8Array; readonly keys: IkeKeys };

/** The initiator's or the responder's AUTH data, computed with the key of `policy`. */
export function authOf(sa: IkeSaV2, policy: TunnelPolicy, { side, idBody, keys }: Signer): Uint8Array {
  invariant(sa.suite !== undefined, 'AUTH follows the key exchange');
  const handshake = handshakeOf(sa);
  const signerIsInitiator = (side === 'own') === (sa.role === 'initiator');
  return pskAuth({
    prf: prfOf(sa.suite),
    psk: policy.psk,
    message: side === 'own' ? handshake.ownMessage : handshake.peerMessage,
    peerNonce: side === 'own' ? handshake.peerNonce : handshake.ownNonce,
    skP: signerIsInitiator ? keys.skPi : keys.skPr,
    idBody,
    ...(handshake.intAuth === undefined ? {} : { intAuth: intAuthChunk(handshake.intAuth, authMessageId(sa)) }),
  });
}

/** RFC 9242 §3.2: one more than that of the last IKE_INTERMEDIATE, one of which each additional key exchange takes. */
function authMessageId({ suite }: IkeSaV2): number {
  return 1 + (suite?.additional?.length ?? 0);
}

const NOTHING_TO_OFFER: Reason = {
  code: 'no-proposal-chosen',
  text: 'this machine supports none of the configured IPsec proposals',
};

/** Undefined where the responder is who it should be. The key is checked first: only then its words count. */
function verifyResponder(
  sa: IkeSaV2,
  policy: TunnelPolicy,
  ppk: PostQuantumKey | undefined,
  payloads: readonly Payload[],
): Reason | undefined {
  const idr = requirePayload(payloads, 'IDr');
  const auth = requirePayload(payloads, 'AUTH');
  const expected = authOf(sa, policy, { side: 'peer', idBody: idr.body, keys: keysWith(sa, ppk) });
  const genuine = auth.method === AUTH_METHOD.SHARED_KEY_MIC && constantTimeEqual(auth.data, expected);
  const identity = identityFromPayload(idr);
  if (!isExpected(policy.remote, identity)) return identityMismatch(policy, identity);
  return genuine ? undefined : ppk === undefined ? WRONG_KEY : wrongKeys(ppk);
}

/** IKE_AUTH was answered without AUTH. */
function refusalOf(
  sa: IkeSaV2,
  policy: TunnelPolicy,
  error: NotifyPayload | undefined,
  ppk: PostQuantumKey | undefined,
): Reason {
  if (error?.notify === NOTIFY.AUTHENTICATION_FAILED) {
    const own = formatIdentity(policy.local.identity);
    const peer = policy.remote.identity === undefined ? '' : ` as "${formatIdentity(policy.remote.identity)}"`;
    const keys =
      ppk === undefined
        ? 'the pre-shared keys differ'
        : `the pre-shared keys or the post-quantum keys "${ppk.id}" differ`;
    const text = `the peer refuses our authentication: ${keys}, or it does not know us as "${own}" or itself${peer}`;
    return { code: 'authentication-failed', text, evidence: { notify: notifyName(error.notify) } };
  }
  const name = error === undefined ? 'an answer without proof of identity' : notifyName(error.notify);
  // What strongSwan says with `childless = force`.
  const mayWantChildless = error?.notify === NOTIFY.INVALID_SYNTAX && sa.childless && !policy.childless;
  const advice = mayWantChildless ? '; if it makes Child SAs separately only, set ike.childless: true' : '';
  const evidence = error === undefined ? {} : { evidence: { notify: name } };
  return { code: 'protocol-error', text: `the peer refuses IKE_AUTH with ${name}${advice}`, ...evidence };
}

/** The IKE SA stands, but its tunnel has nothing to carry: it is taken down, and the next attempt starts over. */
function failChild(ctx: Context, sa: IkeSaV2, reason: Reason): void {
  dropHandshake(ctx, sa);
  ctx.emit({ type: 'child.failed', tunnel: sa.tunnel, ikeSa: sa.id, reason });
  closeIkeSa(ctx, sa, reason);
}

function handshakeOf(sa: IkeSaV2): Handshake {
  invariant(sa.handshake !== undefined, 'the initial exchanges have their state');
  return sa.handshake;
}
