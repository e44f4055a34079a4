import type { KeyExchangeKeyword } from '../../crypto/algorithms.ts';
import type { CipherSuite, Proposal, SecurityProtocol } from '../../sa/proposal.ts';
import { restrictProposals } from '../../sa/proposal.ts';
import { selectSuite } from '../../sa/suite-selection.ts';
import type { Context } from '../common/context.ts';
import type { TunnelPolicy } from '../common/policy.ts';
import { fromWire, type IkeSpiBytes, offersToWire, suiteFromWire } from './proposals.ts';
import type { WireProposal } from './wire/sa.ts';

/** What we offer and accept for an IKE SA, new or rekeyed: the configured proposals as far as this machine can do them. */
export function ikeOffers(ctx: Context, policy: TunnelPolicy): readonly Proposal[] {
  return restrictProposals(policy.ikeProposals, ctx.capabilities);
}

/**
 * The same for the Child SA that IKE_AUTH creates: it takes its keys from the IKE SA's exchange, so that its proposals
 * carry no key exchange method (RFC 7296 §1.2), and no additional ones.
 */
export function firstChildOffers(ctx: Context, policy: TunnelPolicy): readonly Proposal[] {
  return childOffers(ctx, policy).map(({ additional: _, ...proposal }) => ({ ...proposal, keyExchange: [] }));
}

/** What CREATE_CHILD_SA offers: with the key exchange methods that are configured as PFS groups. */
export function childOffers(ctx: Context, policy: TunnelPolicy): readonly Proposal[] {
  return restrictProposals(policy.childProposals, ctx.capabilities);
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
