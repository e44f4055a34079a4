import type { KeyExchangeKeyword } from '../../../crypto/algorithms.ts';
import { addressIdentity } from '../../../sa/identity.ts';
import { formatProposal, type Proposal, restrictProposals } from '../../../sa/proposal.ts';
import { canMeet } from '../../../sa/selector-pairs.ts';
import { selectSuite } from '../../../sa/suite-selection.ts';
import { containsSelector, type TrafficSelector } from '../../../sa/traffic-selector.ts';
import { childMode, modeMismatch } from '../../common/child-mode.ts';
import type { Context } from '../../common/context.ts';
import { type Evidence, proposalTexts, selectorsSeen } from '../../common/evidence.ts';
import type { TunnelPolicy } from '../../common/policy.ts';
import { NAT_TRAVERSAL_PORT } from '../../common/ports.ts';
import type { Reason } from '../../common/reason.ts';
import { segmentTaken, selectorMismatch } from '../../common/refusals.ts';
import { takenSegment } from '../../common/segment-claims.ts';
import { identityToPayload } from '../identities.ts';
import { encapsulationFor } from '../nat.ts';
import { ofOneGroup } from '../offers.ts';
import { payloadsOf } from '../payload-set.ts';
import { type ChildOffer, readChildAnswer, readChildOffers } from '../proposals.ts';
import type { IkeSaV1, QuickModeAgreement, QuickModePlan } from '../state.ts';
import { selectorFromClientId } from '../wire/client-id.ts';
import type { NOTIFY } from '../wire/notify.ts';
import type { PayloadV1 } from '../wire/payload.ts';
import type { SaPayload } from '../wire/sa.ts';

/** A Child SA that is not to be, with what the peer is told and what the operator reads. */
export type QuickModeRefusal = { readonly notify: keyof typeof NOTIFY; readonly reason: Reason };

/** The PFS groups that we may propose, one Quick Mode each, in order of preference; undefined is none. */
export function pfsGroups(ctx: Context, policy: TunnelPolicy): (KeyExchangeKeyword | undefined)[] {
  const groups = childOffers(ctx, policy).flatMap(({ keyExchange }): readonly (KeyExchangeKeyword | undefined)[] =>
    keyExchange.length === 0 ? [undefined] : keyExchange,
  );
  return [...new Set(groups)];
}

/** RFC 2409 §5.5: the public value goes with the first message, so that all that is offered is of its group. */
export function offersOfGroup(ctx: Context, policy: TunnelPolicy, group: KeyExchangeKeyword | undefined): Proposal[] {
  return ofOneGroup(childOffers(ctx, policy), group);
}

/** The tunnel whose segments the peer asks for, of those that the IKE SA may make Child SAs of; undefined where none fits. */
export function tunnelMeant(
  sa: IkeSaV1,
  tunnels: readonly TunnelPolicy[],
  payloads: readonly PayloadV1[],
): TunnelPolicy | undefined {
  const pair = askedSelectors(sa, payloads);
  return pair === undefined ? undefined : tunnels.find((policy) => isConfigured(policy, pair));
}

/** The responder's choice from what the initiator offers and the selectors that it asks for. */
export function answerQuickMode(
  ctx: Context,
  sa: IkeSaV1,
  policy: TunnelPolicy,
  payloads: readonly PayloadV1[],
  offered: SaPayload,
): QuickModeAgreement | QuickModeRefusal {
  const pair = askedSelectors(sa, payloads);
  if (pair === undefined || !isConfigured(policy, pair)) {
    const text =
      pair === undefined
        ? 'the peer asks for segments that are no addresses, or for only one of the two'
        : selectorMismatch(policy, [pair.local], [pair.remote]);
    const evidence = pairSeen(pair);
    return { notify: 'INVALID_ID_INFORMATION', reason: { code: 'traffic-selectors-unacceptable', text, evidence } };
  }
  const taken = takenSegment(ctx, policy, { localSelectors: [pair.local], remoteSelectors: [pair.remote] });
  if (taken !== undefined) return { notify: 'INVALID_ID_INFORMATION', reason: segmentTaken(taken) };
  const all = readChildOffers(offered.proposals);
  const offers = all.filter((offer) => hasMode(policy, offer) && encapsulationPasses(sa, offer));
  if (offers.length === 0 && all.length > 0 && !all.some((offer) => hasMode(policy, offer)))
    return { notify: 'NO_PROPOSAL_CHOSEN', reason: modeMismatch(policy) };
  const peer = offers.map(({ proposal }) => proposal);
  const selected = selectSuite(childOffers(ctx, policy), peer, policy.childProtocol);
  const offer = 'suite' in selected ? offers[selected.peerIndex] : undefined;
  if (!('suite' in selected) || offer === undefined) {
    const text = `the IPsec proposals do not match: ${'text' in selected ? selected.text : 'nothing usable is offered'}`;
    const mismatch = 'mismatch' in selected ? { mismatch: selected.mismatch } : {};
    const evidence = { proposals: proposalTexts(peer), ...mismatch, exchange: 'Quick Mode' } as const;
    return { notify: 'NO_PROPOSAL_CHOSEN', reason: { code: 'no-proposal-chosen', text, evidence } };
  }
  return { suite: selected.suite, peerSpi: offer.spi.slice(), ...pair, lifetimes: offer.lifetimes, offer };
}

/** What the initiator takes from the answer: one choice of what was offered, for selectors within those it asked for. */
export function acceptQuickMode(
  ctx: Context,
  sa: IkeSaV1,
  policy: TunnelPolicy,
  plan: QuickModePlan & { readonly group: KeyExchangeKeyword | undefined },
  payloads: readonly PayloadV1[],
  chosen: SaPayload,
): QuickModeAgreement | Reason {
  const offer = readChildAnswer(chosen.proposals);
  if (offer !== undefined && !hasMode(policy, offer)) return modeMismatch(policy);
  if (offer === undefined || !encapsulationFits(sa, policy, offer)) return NOT_OUR_OFFER;
  const selected = selectSuite(offersOfGroup(ctx, policy, plan.group), [offer.proposal], policy.childProtocol);
  if (!('suite' in selected)) return NOT_OUR_OFFER;
  const pair = answeredSelectors(payloads, plan);
  // Some responders narrow what they are asked for; none may widen it.
  const within =
    pair !== undefined && containsSelector(plan.local, pair.local) && containsSelector(plan.remote, pair.remote);
  if (!within) {
    const text = selectorMismatch(
      policy,
      pair === undefined ? [] : [pair.local],
      pair === undefined ? [] : [pair.remote],
    );
    return { code: 'traffic-selectors-unacceptable', text, evidence: pairSeen(pair) };
  }
  return { suite: selected.suite, peerSpi: offer.spi.slice(), ...pair, lifetimes: offer.lifetimes, offer };
}

/** What the operator reads when the peer refuses, by the offers that it had. */
export function offeredText(ctx: Context, policy: TunnelPolicy): string {
  return `${policy.childProtocol} ${childOffers(ctx, policy).map(formatProposal).join(', ')}`;
}

type Pair = { readonly local: TrafficSelector; readonly remote: TrafficSelector };

function pairSeen(pair: Pair | undefined): Evidence {
  const seen = pair === undefined ? {} : selectorsSeen([pair.local], [pair.remote]);
  return { ...seen, exchange: 'Quick Mode' };
}

function childOffers(ctx: Context, policy: TunnelPolicy): readonly Proposal[] {
  return restrictProposals(policy.childProposals, ctx.capabilities);
}

/** IDci is the initiator's end, IDcr the responder's. RFC 2409 §5.5: without them the ends are the gateways. */
function askedSelectors(sa: IkeSaV1, payloads: readonly PayloadV1[]): Pair | undefined {
  const ids = payloadsOf(payloads, 'ID');
  const [idci, idcr, ...more] = ids.length === 0 ? gatewayIds(sa) : ids;
  if (idci === undefined || idcr === undefined || more.length > 0) return undefined;
  const remote = selectorFromClientId(idci);
  const local = selectorFromClientId(idcr);
  if (local.kind !== 'selector' || remote.kind !== 'selector') return undefined;
  return { local: local.selector, remote: remote.selector };
}

function gatewayIds(sa: IkeSaV1) {
  return [sa.remote.address, sa.local.address].map((address) => identityToPayload(addressIdentity(address)));
}

function answeredSelectors(payloads: readonly PayloadV1[], plan: QuickModePlan): Pair | undefined {
  const ids = payloadsOf(payloads, 'ID');
  if (ids.length === 0) return plan;
  const [idci, idcr, ...more] = ids;
  if (idci === undefined || idcr === undefined || more.length > 0) return undefined;
  const local = selectorFromClientId(idci);
  const remote = selectorFromClientId(idcr);
  if (local.kind !== 'selector' || remote.kind !== 'selector') return undefined;
  return { local: local.selector, remote: remote.selector };
}

/** IKEv1 cannot narrow: what is asked for lies within one of our pairs as a whole, or is refused. */
function isConfigured(policy: TunnelPolicy, { local, remote }: Pair): boolean {
  return (
    canMeet(local, remote) &&
    policy.local.selectors.some((selector) => containsSelector(selector, local)) &&
    policy.remote.selectors.some((selector) => containsSelector(selector, remote))
  );
}

/**
 * As responder: behind a NAT only ESP in UDP passes. What phase 1 says of a NAT is not authenticated (RFC 3947 §3.2), so
 * that the two ends may see it differently for as long as the IKE SA lives. The port is the same for both: on 4500 the
 * initiator may well have ESP in UDP though we see no NAT, and on 500 there is no other way than without.
 */
function encapsulationPasses(sa: IkeSaV1, { encapsulation }: ChildOffer): boolean {
  const inUdp = encapsulation !== undefined && encapsulation.udp !== 'none';
  if (sa.local.port !== NAT_TRAVERSAL_PORT) return !inUdp;
  return inUdp || (!sa.nat.local && !sa.nat.remote);
}

/** As initiator: what we have asked for, under whichever of the two numbers. */
function encapsulationFits(sa: IkeSaV1, policy: TunnelPolicy, { encapsulation }: ChildOffer): boolean {
  const wanted = encapsulationFor(sa, policy);
  return ((encapsulation?.udp ?? 'none') === 'none') === (wanted.udp === 'none');
}

/** RFC 2407 §4.5: where nothing is said it is our choice. */
function hasMode(policy: TunnelPolicy, { encapsulation }: ChildOffer): boolean {
  return encapsulation === undefined || encapsulation.mode === childMode(policy);
}

const NOT_OUR_OFFER: Reason = { code: 'protocol-error', text: 'the peer chose an IPsec proposal that was not offered' };
