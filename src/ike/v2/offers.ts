import type { CipherSuite, Proposal, SecurityProtocol } from '../../sa/proposal.ts';
import { restrictProposals } from '../../sa/proposal.ts';
import { selectSuite } from '../../sa/suite-selection.ts';
import type { Context } from '../common/context.ts';
import type { TunnelPolicy } from '../common/policy.ts';
import { fromWire, offersToWire, suiteFromWire } from './proposals.ts';
import type { WireProposal } from './wire/sa.ts';

/** What we offer and accept for the IKE SA: the configured proposals as far as this machine can do them. */
export function ikeOffers(ctx: Context, policy: TunnelPolicy): readonly Proposal[] {
  return restrictProposals(policy.ikeProposals, ctx.capabilities);
}

/**
 * The same for the Child SA that IKE_AUTH creates: it takes its keys from the IKE SA's exchange, so that its proposals
 * carry no key exchange method (RFC 7296 §1.2).
 */
export function firstChildOffers(ctx: Context, policy: TunnelPolicy): readonly Proposal[] {
  return restrictProposals(policy.childProposals, ctx.capabilities).map((proposal) => ({
    ...proposal,
    keyExchange: [],
  }));
}

/**
 * The suite that a responder chose, if it is one that we offered: one transform of each type, unaltered, under the
 * number of the proposal it came from (RFC 7296 §3.3.6).
 */
export function acceptAnswer(
  offers: readonly Proposal[],
  chosen: WireProposal,
  protocol: SecurityProtocol,
): CipherSuite | undefined {
  const offered = offersToWire(offers, chosen.spi)[chosen.number - 1];
  const ours = offered === undefined ? undefined : fromWire(offered);
  const theirs = suiteFromWire(chosen) === undefined ? undefined : fromWire(chosen);
  if (ours === undefined || theirs === undefined) return undefined;
  const selected = selectSuite([ours], [theirs], protocol);
  return 'suite' in selected ? selected.suite : undefined;
}
