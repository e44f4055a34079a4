import { readU32 } from '../../base/bytes.ts';
import { invariant } from '../../base/errors.ts';
import { type ChildSa, MAX_SELECTOR_PAIRS } from '../../sa/child-sa.ts';
import { formatProposal } from '../../sa/proposal.ts';
import { selectorPairs } from '../../sa/selector-pairs.ts';
import { selectSuite } from '../../sa/suite-selection.ts';
import {
  containsSelector,
  fitPairs,
  MAX_SELECTORS,
  narrow,
  type PacketSelectors,
  type TrafficSelector,
} from '../../sa/traffic-selector.ts';
import { modeMismatch } from '../common/child-mode.ts';
import type { Context } from '../common/context.ts';
import { type Evidence, proposalTexts, selectorsSeen } from '../common/evidence.ts';
import type { TunnelPolicy } from '../common/policy.ts';
import type { Reason } from '../common/reason.ts';
import { segmentTaken, selectorList, selectorMismatch } from '../common/refusals.ts';
import { takenSegment } from '../common/segment-claims.ts';
import type { ChildNegotiation } from './creation.ts';
import { acceptAnswer, childOffers, firstChildOffers } from './offers.ts';
import { requirePayload } from './payload-set.ts';
import { leftOutBy, readOffers } from './proposals.ts';
import { acceptMode, answerMode } from './transport-mode.ts';
import type { NotifyName } from './wire/notify.ts';
import type { Payload } from './wire/payload.ts';

/** A Child SA that is not to be, with what the peer is told and what the operator reads. */
export type ChildRefusal = { readonly notify: NotifyName; readonly reason: Reason };

/** The first Child SA (IKE_AUTH) has no key exchange of its own; one that is replaced keeps its selectors. */
export type ChildTerms = { readonly first: boolean; readonly replaced?: ChildSa | undefined };

/** The responder's choice from what the initiator offers: SA, TSi, TSr. */
export function answerChild(
  ctx: Context,
  policy: TunnelPolicy,
  payloads: readonly Payload[],
  { first, replaced }: ChildTerms,
): ChildNegotiation | ChildRefusal {
  const offers = readOffers(requirePayload(payloads, 'SA').proposals);
  const own = first ? firstChildOffers(ctx, policy) : childOffers(ctx, policy);
  const peer = offers.map((offer) => offer.proposal);
  const selected = selectSuite(own, peer, policy.childProtocol, { ignoreKeyExchange: first });
  const exchange = exchangeOf(first);
  if (!('suite' in selected)) {
    const evidence = { proposals: proposalTexts(peer), mismatch: selected.mismatch, exchange };
    const reason = { code: 'no-proposal-chosen', text: selected.text, evidence } as const;
    return { notify: 'NO_PROPOSAL_CHOSEN', reason };
  }
  const offer = offers[selected.peerIndex];
  invariant(offer !== undefined, 'what was selected was offered');
  const tsi = requirePayload(payloads, 'TSi').selectors;
  const tsr = requirePayload(payloads, 'TSr').selectors;
  // RFC 7296 §2.9: what both sides want; the initiator's selectors are the remote ones here.
  const [localSelectors, remoteSelectors] = fitPairs(
    { selectors: narrow(replaced?.localSelectors ?? policy.local.selectors, tsr), first: tsr[0] },
    { selectors: narrow(replaced?.remoteSelectors ?? policy.remote.selectors, tsi), first: tsi[0] },
    maxPairs(policy),
  );
  const nothing = selectorPairs(localSelectors, remoteSelectors).length === 0;
  if (nothing || !keepsScope(replaced, { localSelectors, remoteSelectors })) {
    const evidence = { ...selectorsSeen(tsr, tsi), exchange };
    const text = selectorMismatch(policy, tsr, tsi);
    return { notify: 'TS_UNACCEPTABLE', reason: { code: 'traffic-selectors-unacceptable', text, evidence } };
  }
  const taken = takenSegment(ctx, policy, { localSelectors, remoteSelectors });
  if (taken !== undefined) return { notify: 'TS_UNACCEPTABLE', reason: segmentTaken(taken) };
  const mode = answerMode(policy, payloads);
  if (mode === undefined) return { notify: 'NO_PROPOSAL_CHOSEN', reason: modeMismatch(policy) };
  return {
    ...mode,
    suite: selected.suite,
    proposalNumber: offer.number,
    leftOut: leftOutBy(selected.suite, offer),
    peerSpi: readU32(offer.spi),
    localSelectors,
    remoteSelectors,
  };
}

/**
 * What the initiator asks for. RFC 7296 §2.9: behind the packet that has caused it, so that a responder which cannot
 * have everything knows what to take.
 */
export function askedSelectors(
  { local, remote, singlePairs }: TunnelPolicy,
  packet: PacketSelectors | undefined,
): { readonly local: readonly TrafficSelector[]; readonly remote: readonly TrafficSelector[] } {
  const all = { local: local.selectors, remote: remote.selectors };
  if (singlePairs === true) return onePair(all, packet);
  if (packet === undefined) return all;
  const { source, destination } = packet;
  if (!isWithin([source], all.local) || !isWithin([destination], all.remote)) return all;
  return {
    local: [source, ...all.local].slice(0, MAX_SELECTORS),
    remote: [destination, ...all.remote].slice(0, MAX_SELECTORS),
  };
}

type Asked = { readonly local: readonly TrafficSelector[]; readonly remote: readonly TrafficSelector[] };

/** The pair of the packet, or the first one; the others follow one by one. */
function onePair({ local, remote }: Asked, packet: PacketSelectors | undefined): Asked {
  const pairs = selectorPairs(local, remote);
  const around = pairs.find(
    (pair) =>
      packet !== undefined && isWithin([packet.source], [pair.local]) && isWithin([packet.destination], [pair.remote]),
  );
  const pair = around ?? pairs[0];
  return pair === undefined ? { local, remote } : { local: [pair.local], remote: [pair.remote] };
}

/** What the initiator takes from the answer; a responder that widens what was offered is refused (RFC 7296 §2.9). */
export function acceptChild(
  ctx: Context,
  policy: TunnelPolicy,
  payloads: readonly Payload[],
  { first, replaced }: ChildTerms,
): ChildNegotiation | Reason {
  const [chosen, ...more] = requirePayload(payloads, 'SA').proposals;
  if (chosen === undefined || more.length > 0) return NOT_OUR_OFFER;
  const offers = first ? firstChildOffers(ctx, policy) : childOffers(ctx, policy);
  const suite = acceptAnswer(offers, chosen, policy.childProtocol);
  if (suite === undefined) return NOT_OUR_OFFER;
  const localSelectors = requirePayload(payloads, 'TSi').selectors;
  const remoteSelectors = requirePayload(payloads, 'TSr').selectors;
  const within = isWithin(localSelectors, policy.local.selectors) && isWithin(remoteSelectors, policy.remote.selectors);
  const pairs = selectorPairs(localSelectors, remoteSelectors).length;
  const keeps = keepsScope(replaced, { localSelectors, remoteSelectors });
  if (!within || pairs === 0 || pairs > maxPairs(policy) || !keeps) {
    const text = selectorMismatch(policy, localSelectors, remoteSelectors);
    const evidence = { ...selectorsSeen(localSelectors, remoteSelectors), exchange: exchangeOf(first) };
    return { code: 'traffic-selectors-unacceptable', text, evidence };
  }
  const mode = acceptMode(policy, payloads);
  if (mode === undefined) return modeMismatch(policy);
  const [proposalNumber, peerSpi] = [chosen.number, readU32(chosen.spi)];
  return { ...mode, suite, proposalNumber, leftOut: [], peerSpi, localSelectors, remoteSelectors };
}

/** What the operator reads when the peer refuses the Child SA that we asked for. */
export function refusedByPeer(ctx: Context, policy: TunnelPolicy, notify: string, first: boolean): Reason {
  const evidence: Evidence = { notify, exchange: exchangeOf(first) };
  if (notify === 'TS_UNACCEPTABLE') {
    const text = `the peer does not accept these segments: local ${selectorList(policy.local.selectors)}, peer ${selectorList(policy.remote.selectors)}; they must mirror the peer's configuration`;
    return { code: 'traffic-selectors-unacceptable', text, evidence };
  }
  if (notify === 'NO_PROPOSAL_CHOSEN') {
    const offers = (first ? firstChildOffers(ctx, policy) : childOffers(ctx, policy)).map(formatProposal).join(', ');
    const hint = first ? '' : '; its PFS group may be another one, which shows only at the first rekeying';
    return {
      code: 'no-proposal-chosen',
      text: `the peer accepts none of our IPsec proposals: ${policy.childProtocol} ${offers}${hint}`,
      evidence,
    };
  }
  return { code: 'child-refused', text: `the peer refuses the Child SA with ${notify}`, evidence };
}

/** RFC 7296 §2.9.2: a successor lets through at least what the one before it did. */
function keepsScope(
  replaced: ChildSa | undefined,
  fresh: Pick<ChildNegotiation, 'localSelectors' | 'remoteSelectors'>,
): boolean {
  return (
    replaced === undefined ||
    (isWithin(replaced.localSelectors, fresh.localSelectors) &&
      isWithin(replaced.remoteSelectors, fresh.remoteSelectors))
  );
}

/** What is configured is always allowed, however many pairs it makes. */
function maxPairs({ local, remote }: TunnelPolicy): number {
  return Math.max(MAX_SELECTOR_PAIRS, local.selectors.length * remote.selectors.length);
}

function isWithin(inner: readonly TrafficSelector[], outer: readonly TrafficSelector[]): boolean {
  return inner.every((selector) => outer.some((other) => containsSelector(other, selector)));
}

/** The first Child SA is made in IKE_AUTH. */
function exchangeOf(first: boolean): 'IKE_AUTH' | 'CREATE_CHILD_SA' {
  return first ? 'IKE_AUTH' : 'CREATE_CHILD_SA';
}

const NOT_OUR_OFFER: Reason = { code: 'protocol-error', text: 'the peer chose an IPsec proposal that was not offered' };
