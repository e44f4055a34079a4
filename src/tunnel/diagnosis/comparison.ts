import { formatIdentity } from '../../sa/identity.ts';
import { formatExpected } from '../../sa/identity-pattern.ts';
import { formatProposal } from '../../sa/proposal.ts';
import type { Comparison } from './diagnosis.ts';
import type { Facts } from './facts.ts';
import { differenceText, groupName } from './proposal-difference.ts';
import { segmentDifference } from './segment-difference.ts';
import type { Failure } from './trail.ts';
import { agreedSegments, configuredSegments, missingPairs, proposalsOf } from './values.ts';
import type { Verdict } from './verdicts/verdict.ts';

/** Both sides of what a verdict is about, as far as the peer has told. */
export function compare(facts: Facts, failure: Failure | undefined, what: Verdict['compares'][number]): Comparison[] {
  return COMPARISONS[what](facts, failure);
}

type Compare = (facts: Facts, failure: Failure | undefined) => Comparison[];

const COMPARISONS: { readonly [What in Verdict['compares'][number]]: Compare } = {
  ids: compareIds,
  'ike-proposals': compareProposals,
  'ipsec-proposals': compareProposals,
  segments: compareSegments,
  versions: ({ policy, spoken }, failure) => {
    const theirs = failure?.reason?.evidence?.version ?? spoken;
    return [
      {
        what: 'IKE version',
        here: [String(policy.version)],
        peer: theirs === undefined ? null : [String(theirs)],
        difference: null,
      },
    ];
  },
  modes: ({ policy }, failure) => {
    const theirs = failure?.reason?.evidence?.mode;
    return [{ what: 'mode', here: [policy.mode], peer: theirs === undefined ? null : [theirs], difference: null }];
  },
};

function compareIds({ policy }: Facts, failure: Failure | undefined): Comparison[] {
  const { identity, asked } = failure?.reason?.evidence ?? {};
  const own = formatIdentity(policy.local.identity);
  const expected = formatExpected(policy.remote);
  return [
    {
      what: 'our id',
      here: [own],
      peer: asked === undefined ? null : [asked],
      difference: asked === undefined || asked === own ? null : `the peer asks for ${asked}`,
    },
    {
      what: "the peer's id",
      here: [expected],
      peer: identity === undefined ? null : [identity],
      difference: identity === undefined || identity === expected ? null : `the peer calls itself ${identity}`,
    },
  ];
}

function compareProposals(facts: Facts, failure: Failure | undefined): Comparison[] {
  if (failure === undefined) return [];
  const { part, ours, differences } = proposalsOf(facts, failure);
  const { group, proposals } = failure.reason?.evidence ?? {};
  const wanted = group === undefined ? undefined : [`DH group ${groupName(group)}`];
  const here = ours.map((proposal) => `${proposal.protocol} ${formatProposal(proposal)}`);
  const difference = differenceText(differences);
  return [
    {
      what: part === 'ike' ? 'IKE proposals' : 'IPsec proposals',
      here,
      peer: proposals ?? wanted ?? null,
      difference: difference === '' ? null : difference,
    },
  ];
}

function compareSegments(facts: Facts, failure: Failure | undefined): Comparison[] {
  const here = configuredSegments(facts);
  const agreed = agreedSegments(facts);
  const asked = failure?.reason?.evidence?.selectors;
  const there = asked ?? (agreed.local.length > 0 ? agreed : undefined);
  const difference = asked === undefined ? `left out: ${missingPairs(facts)}` : segmentDifference(here, asked);
  return [
    {
      what: 'our segments',
      here: here.local,
      peer: there?.local ?? null,
      difference: there === undefined ? null : difference,
    },
    { what: "the peer's segments", here: here.remote, peer: there?.remote ?? null, difference: null },
  ];
}
