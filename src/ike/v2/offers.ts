import type { KeyExchangeKeyword } from '../../crypto/algorithms.ts';
import type { CipherSuite, Proposal, SecurityProtocol } from '../../sa/proposal.ts';
import { restrictProposals } from '../../sa/proposal.ts';
import { selectSuite } from '../../sa/suite-selection.ts';
import type { Context } from '../common/context.ts';
import type { TunnelPolicy } from '../common/policy.ts';
import { fromWire, type IkeSpiBytes, offersToWire, suiteFromWire } from './proposals.ts';
import type { WireProposal } from './wire/sa.ts';

/**
 * What we offer and accept for a new IKE SA, in IKE_SA_INIT: the configured proposals as far as this machine can do
 * them.
 */
export function initOffers(ctx: Context, policy: TunnelPolicy): readonly Proposal[] {
  return restrictProposals(policy.ikeProposals, ctx.capabilities);
}

/** The same where an IKE SA is rekeyed. */
export function ikeOffers(ctx: Context, policy: TunnelPolicy): readonly Proposal[] {
  return withoutAdditional(initOffers(ctx, policy));
}

/**
 * The same for the Child SA that IKE_AUTH creates: it takes its keys from the IKE SA's exchange, so that its proposals
 * carry no key exchange method (RFC 7296 §1.2).
 */
export function firstChildOffers(ctx: Context, policy: TunnelPolicy): readonly Proposal[] {
  return withoutAdditional(restrictProposals(policy.childProposals, ctx.capabilities)).map((proposal) => ({
    ...proposal,
    keyExchange: [],
  }));
}

/** What CREATE_CHILD_SA offers: with the key exchange methods that are configured as PFS groups. */
export function childOffers(ctx: Context, policy: TunnelPolicy): readonly Proposal[] {
  return withoutAdditional(restrictProposals(policy.childProposals, ctx.capabilities));
}

/** The method to begin with: the one in use, as the peer is known to like that, or else the first that is offered. */
export function firstMethod(
  offers: readonly Proposal[],
  inUse: KeyExchangeKeyword | undefined,
): KeyExchangeKeyword | undefined {
  const offered = offers.flatMap(({ keyExchange }) => keyExchange);
  return inUse !== undefined && offered.includes(inUse) ? inUse : offered[0];
}

/**
 * Additional key exchanges take place in IKE_INTERMEDIATE alone: there is no IKE_FOLLOWUP_KE here (RFC 9370 §2.2.4).
 * What CREATE_CHILD_SA makes takes its keys from SK_d as well, which they are part of (RFC 7296 §2.17, §2.18).
 */
function withoutAdditional(proposals: readonly Proposal[]): Proposal[] {
  return proposals.map(({ additional: _, ...rest }) => rest);
}

/**
 * The suite that a responder chose, if it is one that we offered: one transform of each type, unaltered, under the
 * number of the proposal it came from (RFC 7296 §3.3.6).
 */
export function acceptAnswer(
  offers: readonly Proposal[],
  chosen: WireProposal,
  protocol: SecurityProtocol,
  ikeSpiBytes: IkeSpiBytes = 0,
): CipherSuite | undefined {
  const offered = offersToWire(offers, chosen.spi)[chosen.number - 1];
  const ours = offered === undefined ? undefined : fromWire(offered, ikeSpiBytes);
  const theirs = suiteFromWire(chosen, ikeSpiBytes) === undefined ? undefined : fromWire(chosen, ikeSpiBytes);
  if (ours === undefined || theirs === undefined) return undefined;
  const selected = selectSuite([ours], [theirs], protocol);
  return 'suite' in selected ? selected.suite : undefined;
}
