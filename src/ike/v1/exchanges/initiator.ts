import type { KeyExchangeKeyword } from '../../../crypto/algorithms.ts';
import { type Proposal, restrictProposals } from '../../../sa/proposal.ts';
import { selectSuite } from '../../../sa/suite-selection.ts';
import type { Context } from '../../common/context.ts';
import type { TunnelPolicy } from '../../common/policy.ts';
import { IKE_PORT, NAT_TRAVERSAL_PORT } from '../../common/ports.ts';
import type { Reason } from '../../common/reason.ts';
import { ofOneGroup } from '../offers.ts';
import { readIkeAnswer } from '../proposals.ts';
import type { IkeSaV1 } from '../state.ts';
import type { SaPayload } from '../wire/sa.ts';

/**
 * What we offer: all that is configured and that this machine can do. In Aggressive Mode the public value goes with the
 * first message, so that all of it must be of one group, the first (RFC 2409 §5.4).
 */
export function phase1Offers(ctx: Context, policy: TunnelPolicy): readonly Proposal[] {
  const able = restrictProposals(policy.ikeProposals, ctx.capabilities);
  return policy.mode === 'main' ? able : ofOneGroup(able, firstGroup(able));
}

export function firstGroup(proposals: readonly Proposal[]): KeyExchangeKeyword | undefined {
  return proposals[0]?.keyExchange[0];
}

/** What the responder chose, if it is one thing and one that we offered; its lifetime may be another. */
export function acceptChoice(ctx: Context, policy: TunnelPolicy, payload: SaPayload) {
  const chosen = readIkeAnswer(payload.proposals);
  if (chosen === undefined) return NOT_OUR_OFFER;
  const selected = selectSuite(phase1Offers(ctx, policy), [chosen.proposal], 'ike');
  if (!('suite' in selected)) return NOT_OUR_OFFER;
  const lifetime = Math.min(policy.ikeLifetime, chosen.lifetimes.lifetime ?? policy.ikeLifetime);
  return { suite: selected.suite, lifetime };
}

export const NOT_OUR_OFFER: Reason = {
  code: 'protocol-error',
  text: 'the peer chose an IKE proposal that was not offered',
};

/** RFC 3947 §4: where a NAT is, everything moves to port 4500. */
export function floatPorts(sa: IkeSaV1): void {
  if (!sa.nat.local && !sa.nat.remote) return;
  sa.local = { ...sa.local, port: NAT_TRAVERSAL_PORT };
  if (sa.remote.port === IKE_PORT) sa.remote = { ...sa.remote, port: NAT_TRAVERSAL_PORT };
}
