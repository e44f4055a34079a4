import { ByteWriter, utf8 } from '../../../base/bytes.ts';
import { invariant } from '../../../base/errors.ts';
import { Secret } from '../../../base/secret.ts';
import { constantTimeEqual } from '../../../crypto/constant-time.ts';
import type { ChildSa } from '../../../sa/child-sa.ts';
import type { DataPlaneReply } from '../../../sa/data-plane.ts';
import { formatIdentity, type Identity, sameIdentity } from '../../../sa/identity.ts';
import { asProposal, type CipherSuite, type Proposal } from '../../../sa/proposal.ts';
import { selectSuite } from '../../../sa/suite-selection.ts';
import { candidatesNamed, firstCandidates } from '../../common/candidates.ts';
import { stoppedByNat } from '../../common/child-mode.ts';
import type { Context } from '../../common/context.ts';
import { identitySeen, proposalTexts } from '../../common/evidence.ts';
import { meantBy } from '../../common/instances.ts';
import { kernelRefused } from '../../common/kernel-refusal.ts';
import type { TunnelPolicy } from '../../common/policy.ts';
import type { Reason } from '../../common/reason.ts';
import { identityMismatch, UNCONFIGURED, WRONG_KEY } from '../../common/refusals.ts';
import { allocateSpi, childInstalled, childRefused, createChild, reservedSpi } from '../child-creation.ts';
import { answerChild, type ChildRefusal } from '../child-negotiation.ts';
import { awaitSwitch, planBehind, RENEWAL_TIME } from '../child-switch.ts';
import { heirOf, requireChild } from '../children.ts';
import { abandon, dropHandshake } from '../close.ts';
import type { ContextV2 } from '../context.ts';
import { keepToken, tokenPayloads } from '../crash-token.ts';
import type { ChildNegotiation } from '../creation.ts';
import { establish } from '../establish.ts';
import { identityFromPayload, identityToPayload } from '../identities.ts';
import { crossed } from '../ike-crossing.ts';
import { agreedIdSync, announceIdSync } from '../message-id-sync.ts';
import { sendResponse } from '../message-window.ts';
import { meetsForbiddenNat } from '../mobike/informational.ts';
import { agreedMobike, answerOffer } from '../mobike/negotiation.ts';
import { ikeOffers } from '../offers.ts';
import { findNotify, onlyPayload, requirePayload } from '../payload-set.ts';
import { choosePpk, type PpkChoice, wrongKeys } from '../ppk.ts';
import { suiteToWire } from '../proposals.ts';
import type { Received } from '../received.ts';
import type { AuthReply, IkeSaV2, Switch } from '../state.ts';
import { modeNotify } from '../transport-mode.ts';
import { tunnelMeant } from '../tunnel-choice.ts';
import { heldByAnother } from '../uniqueness-policy.ts';
import { AUTH_METHOD } from '../wire/auth.ts';
import type { IdPayload } from '../wire/id.ts';
import { notifyPayload } from '../wire/notify.ts';
import type { Payload } from '../wire/payload.ts';
import { authOf } from './ike-auth-initiator.ts';

/** IKE_AUTH SK { IDi, [IDr], AUTH, SAi2, TSi, TSr, [N(PPK_IDENTITY), [N(NO_PPK_AUTH)]] } --> */
export function onAuthRequest(ctx: ContextV2, sa: IkeSaV2, received: Received): void {
  const { payloads } = received;
  const idi = requirePayload(payloads, 'IDi');
  const identity = identityFromPayload(idi);
  const found = authenticate(ctx, sa, idi, received);
  if ('code' in found) return rejectPeer(ctx, sa, received, found);
  const { policy, choice } = found;
  if (policy.mobike && meetsForbiddenNat(received)) return rejectNat(ctx, sa, received);
  const initialContact = findNotify(payloads, 'INITIAL_CONTACT') !== undefined;
  const held = heldByAnother(ctx, policy, { address: received.remote.address, initialContact });
  if (held !== undefined) return rejectPeer(ctx, sa, received, held);
  const excess = ctx.join(policy, { identity, address: received.remote.address });
  if (excess !== undefined) return rejectPeer(ctx, sa, received, excess);
  sa.keys = choice.keys;
  sa.ppk = choice.ppk !== undefined;
  sa.tunnel = policy.name;
  sa.local = received.local;
  sa.remote = received.remote;
  sa.initialContact = initialContact;
  const idr = identityToPayload('IDr', policy.local.identity);
  const signer = { side: 'own', idBody: idr.body, keys: choice.keys } as const;
  const auth: Payload = { type: 'AUTH', method: AUTH_METHOD.SHARED_KEY_MIC, data: authOf(sa, policy, signer) };
  establish(ctx, sa, policy, identity);
  keepToken(sa, payloads);
  if (sa.nat.local || sa.nat.remote) ctx.emit({ type: 'nat.detected', tunnel: sa.tunnel, ikeSa: sa.id, ...sa.nat });
  const mobike = answerOffer(sa, policy, payloads);
  sa.mobike = agreedMobike(sa, policy, mobike, payloads);
  sa.idSync = agreedIdSync(payloads);
  // RFC 8784 §3: that it is there says that the PPK is used.
  const used = choice.ppk === undefined ? [] : [notifyPayload('PPK_IDENTITY')];
  const idSync = sa.idSync === undefined ? [] : [announceIdSync()];
  const said = [idr, auth, ...tokenPayloads(ctx, sa), ...used, ...mobike, ...idSync];
  const reply: AuthReply = { request: received, payloads: said };
  const negotiation = negotiate(ctx, sa, policy, payloads);
  if (negotiation === undefined) return settle(ctx, sa, reply, []);
  if ('notify' in negotiation) return refuseChild(ctx, sa, reply, negotiation);
  sa.pending = {
    request: allocateSpi(ctx, sa, policy),
    step: { kind: 'auth-response-spi-allocated', negotiation, reply },
  };
}

/**
 * The inbound SPI is there: the Child SA can be installed. Where an older IKE SA still carries its traffic, that goes on
 * until the peer has our answer.
 */
export function onResponseSpiAllocated(
  ctx: ContextV2,
  sa: IkeSaV2,
  step: { readonly negotiation: ChildNegotiation; readonly reply: AuthReply },
  answer: DataPlaneReply,
): void {
  const { negotiation, reply } = step;
  const policy = ctx.policies.get(sa.tunnel);
  const { handshake } = sa;
  invariant(handshake !== undefined, 'the initial exchanges have their state');
  if (policy === undefined) return refuseChild(ctx, sa, reply, { notify: 'NO_PROPOSAL_CHOSEN', reason: UNCONFIGURED });
  if (answer.kind !== 'spi') return refuseByKernel(ctx, sa, reply, answer);
  handshake.reservedSpi = reservedSpi(sa, policy, answer.spi);
  const made = createChild(ctx, sa, {
    policy,
    negotiation,
    inboundSpi: answer.spi,
    nonces: { nonceI: handshake.peerNonce, nonceR: handshake.ownNonce },
    asInitiator: false,
    begunAt: sa.startedAt,
  });
  const { steps, ...behind } = planBehind(ctx, made, {
    predecessor: predecessorOf(ctx, sa, made.child),
    wait: RENEWAL_TIME,
  });
  sa.pending = {
    request: ctx.requestDataPlane(sa.id, { kind: 'apply', steps }),
    step: { kind: 'auth-response-installed', child: made.child.id, negotiation, reply, ...behind },
  };
}

/** What carries its traffic so far, unless the peer has lost that. */
function predecessorOf(ctx: ContextV2, sa: IkeSaV2, child: ChildSa): ChildSa | undefined {
  const older = heirOf(ctx, child);
  const other = ctx.ikeSasV2Of(child.tunnel).find(({ id }) => id === older?.ikeSa);
  // Where the two have crossed, it said so before the other one stood.
  const isLost = sa.initialContact && (other === undefined || !crossed(sa, other));
  return isLost ? undefined : older;
}

/** <-- IKE_AUTH SK { IDr, AUTH, [N(PPK_IDENTITY)], SAr2, TSi, TSr }, only now that packets can follow it. */
export function onResponseChildInstalled(
  ctx: Context,
  sa: IkeSaV2,
  step: {
    readonly child: string;
    readonly negotiation: ChildNegotiation;
    readonly reply: AuthReply;
    readonly waits?: Switch;
  },
  answer: DataPlaneReply,
): void {
  const { negotiation, reply } = step;
  const child = requireChild(ctx, sa, step.child);
  if (answer.kind !== 'done') {
    childRefused(ctx, child);
    return refuseByKernel(ctx, sa, reply, answer);
  }
  if (step.waits === undefined) childInstalled(ctx, child);
  else awaitSwitch(ctx, sa, step.waits);
  const spi = new ByteWriter().u32(child.inboundSpi).finish();
  settle(ctx, sa, reply, [
    { type: 'SA', proposals: [suiteToWire(negotiation.suite, negotiation.proposalNumber, spi, negotiation.leftOut)] },
    { type: 'TSi', selectors: negotiation.remoteSelectors },
    { type: 'TSr', selectors: negotiation.localSelectors },
    ...modeNotify(negotiation.mode),
  ]);
}

/**
 * The tunnel that this peer may have: one of the candidates by address, with the identities that the peer states,
 * the key that it proves, and proposals that include the suite in use. All constraints hold for the tunnel that is
 * finally chosen, as it is configured now, whichever of them the peer was first taken for.
 */
function authenticate(ctx: Context, sa: IkeSaV2, idi: IdPayload, { payloads, remote }: Received): Claim | Reason {
  const path = { local: sa.local, remote: sa.origin };
  const identity = identityFromPayload(idi);
  const idr = onlyPayload(payloads, 'IDr');
  const asked = idr === undefined ? undefined : identityFromPayload(idr);
  const auth = onlyPayload(payloads, 'AUTH');
  if (auth === undefined) return NO_AUTH;
  const asPeer = meantBy(ctx.policies, candidatesNamed(ctx, 2, path, identity), { identity, address: remote.address });
  const named = asPeer.filter((policy) => asked === undefined || sameIdentity(policy.local.identity, asked));
  const claims = (policies: readonly TunnelPolicy[]) => claimsOf(sa, policies, payloads);
  const proven = ({ policy, choice }: Claim) => {
    const expected = authOf(sa, policy, { side: 'peer', idBody: idi.body, keys: choice.keys });
    return auth.method === AUTH_METHOD.SHARED_KEY_MIC && constantTimeEqual(choice.proof ?? auth.data, expected);
  };
  // An unknown identity takes as long as a known one with a wrong key, and gets the same answer.
  if (named.length === 0) {
    const candidates = firstCandidates(ctx, 2, path);
    claims(candidates.slice(0, 1).map((policy) => ({ ...policy, psk: NOBODYS_KEY }))).possible.some(proven);
    return notMeant(candidates, asPeer, { identity, asked });
  }
  const { possible, refusal } = claims(named);
  const authentic = possible.filter(proven);
  if (authentic.length === 0) {
    const reason = possible[0] === undefined && refusal !== undefined ? refusal : wrongKey(possible);
    return { ...reason, evidence: identitySeen(identity, asked) };
  }
  const { suite } = sa;
  const usable = authentic.filter(({ policy }) => suite !== undefined && allows(ikeOffers(ctx, policy), suite));
  return bySelectors(ctx, usable, payloads) ?? suiteNotAllowed(suite);
}

/** What a peer would prove with its AUTH, if it means this tunnel. */
type Claim = { readonly policy: TunnelPolicy; readonly choice: PpkChoice };

/** The tunnels whose post-quantum key goes with what the peer says of its own; else why the first does not. */
function claimsOf(
  sa: IkeSaV2,
  policies: readonly TunnelPolicy[],
  payloads: readonly Payload[],
): { readonly possible: readonly Claim[]; readonly refusal: Reason | undefined } {
  const possible: Claim[] = [];
  let refusal: Reason | undefined;
  for (const policy of policies) {
    const choice = choosePpk(sa, policy, payloads);
    if ('code' in choice) refusal ??= choice;
    else possible.push({ policy, choice });
  }
  return { possible, refusal };
}

/** Several tunnels to one peer differ in their segments alone. */
function bySelectors(ctx: Context, claims: readonly Claim[], payloads: readonly Payload[]): Claim | undefined {
  if (claims.length < 2 || onlyPayload(payloads, 'SA') === undefined) return claims[0];
  const willing = claims.filter(({ policy }) => !('notify' in answerChild(ctx, policy, payloads, { first: true })));
  const meant = tunnelMeant(
    willing.map(({ policy }) => policy),
    payloads,
  );
  return willing.find(({ policy }) => policy === meant) ?? claims[0];
}

function allows(offers: readonly Proposal[], suite: CipherSuite): boolean {
  return 'suite' in selectSuite(offers, [asProposal(suite)], 'ike');
}

/** Undefined where the peer wants no Child SA now (RFC 6023). */
function negotiate(
  ctx: Context,
  sa: IkeSaV2,
  policy: TunnelPolicy,
  payloads: readonly Payload[],
): ChildNegotiation | ChildRefusal | undefined {
  if (onlyPayload(payloads, 'SA') === undefined) return undefined;
  const reason = stoppedByNat(policy, sa.nat);
  if (reason !== undefined) return { notify: 'NO_PROPOSAL_CHOSEN', reason };
  return answerChild(ctx, policy, payloads, { first: true });
}

/** With a post-quantum key in use the proof does not show which of the two it was. */
function wrongKey(claims: readonly Claim[]): Reason {
  const ppk = claims.find(({ choice }) => choice.ppk !== undefined)?.choice.ppk;
  return ppk === undefined ? WRONG_KEY : wrongKeys(ppk);
}

/** RFC 7296 §2.21.2: one answer for every cause, and nothing is left behind. */
function rejectPeer(ctx: Context, sa: IkeSaV2, received: Received, reason: Reason): void {
  sendResponse(ctx, sa, received, { exchange: 'IKE_AUTH', payloads: [notifyPayload('AUTHENTICATION_FAILED')] });
  ctx.emit({ type: 'auth.failed', tunnel: sa.tunnel, ikeSa: sa.id, reason });
  abandon(ctx, sa, reason);
}

/** RFC 4555 §3.9: the initiator wants no translator on the path, and there is one. */
function rejectNat(ctx: Context, sa: IkeSaV2, received: Received): void {
  sendResponse(ctx, sa, received, { exchange: 'IKE_AUTH', payloads: [notifyPayload('UNEXPECTED_NAT_DETECTED')] });
  abandon(ctx, sa, FORBIDDEN_NAT);
}

function refuseByKernel(ctx: Context, sa: IkeSaV2, reply: AuthReply, answer: DataPlaneReply): void {
  refuseChild(ctx, sa, reply, { notify: 'NO_PROPOSAL_CHOSEN', reason: kernelRefused(ctx, sa.tunnel, answer) });
}

/** RFC 7296 §1.2: the IKE SA stands without its Child SA. */
function refuseChild(ctx: Context, sa: IkeSaV2, reply: AuthReply, refusal: ChildRefusal): void {
  ctx.emit({ type: 'child.failed', tunnel: sa.tunnel, ikeSa: sa.id, reason: refusal.reason });
  settle(ctx, sa, reply, [notifyPayload(refusal.notify)]);
}

function settle(ctx: Context, sa: IkeSaV2, reply: AuthReply, payloads: readonly Payload[]): void {
  dropHandshake(ctx, sa);
  sendResponse(ctx, sa, reply.request, { exchange: 'IKE_AUTH', payloads: [...reply.payloads, ...payloads] });
}

/** `asPeer`: those of the candidates that are for the identity of the peer. */
function notMeant(
  candidates: readonly TunnelPolicy[],
  asPeer: readonly TunnelPolicy[],
  { identity, asked }: { readonly identity: Identity; readonly asked: Identity | undefined },
): Reason {
  const [first] = candidates;
  if (first === undefined) return UNCONFIGURED;
  const evidence = identitySeen(identity, asked);
  if (asPeer.length === 0 || asked === undefined) return { ...identityMismatch(first, identity), evidence };
  const text = `the peer asks for "${formatIdentity(asked)}", this gateway is "${formatIdentity(first.local.identity)}"`;
  return { code: 'peer-identity-mismatch', text, evidence };
}

const NOBODYS_KEY = new Secret(utf8('no peer has this key'));

const FORBIDDEN_NAT: Reason = {
  code: 'protocol-error',
  text: 'the peer forbids address translation, and there is one (NAT) between the gateways',
};
const NO_AUTH: Reason = {
  code: 'authentication-failed',
  text: 'the peer wants to authenticate by EAP; this tunnel uses a pre-shared key',
  evidence: { method: 'eap' },
};
function suiteNotAllowed(suite: CipherSuite | undefined): Reason {
  const text = 'the peer turned out to be one whose tunnel does not allow the IKE proposal in use';
  const proposals = suite === undefined ? [] : proposalTexts([asProposal(suite)]);
  return { code: 'no-proposal-chosen', text, evidence: { proposals } };
}
