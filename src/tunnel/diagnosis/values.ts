import type { Evidence } from '../../ike/common/evidence.ts';
import type { TunnelPolicy } from '../../ike/common/policy.ts';
import { formatIdentity } from '../../sa/identity.ts';
import { formatExpected } from '../../sa/identity-pattern.ts';
import { formatProposal, type Proposal } from '../../sa/proposal.ts';
import { formatSelector } from '../../sa/traffic-selector.ts';
import type { Facts } from './facts.ts';
import {
  type Difference,
  differencesOf,
  differenceText,
  groupName,
  groupsOf,
  readProposals,
  settingsText,
} from './proposal-difference.ts';
import { type Segments, segmentDifference } from './segment-difference.ts';
import type { Failure } from './trail.ts';

/** What the words in braces of a verdict stand for. */
export type Values = Readonly<Record<string, string>>;

export function fill(template: string, values: Values): string {
  return template.replace(/\{(\w+)\}/g, (_, name: string) => values[name] ?? '?');
}

export function valuesOf(facts: Facts, failure: Failure | undefined): Values {
  return {
    ...policyValues(facts),
    ...evidenceValues(failure?.reason?.evidence ?? {}, facts.policy),
    ...(failure === undefined ? {} : proposalValues(facts, failure)),
    peer: peerName(facts, failure),
    difference: differenceOf(facts, failure),
    missing: missingPairs(facts),
    reason: failure?.reason?.text ?? facts.status.reason?.text ?? '',
  };
}

function policyValues(facts: Facts): Values {
  const { policy } = facts;
  const segments = configuredSegments(facts);
  return {
    ownAddress: policy.local.address,
    version: String(policy.version),
    mode: policy.mode,
    ownId: formatIdentity(policy.local.identity),
    expected: formatExpected(policy.remote),
    protocol: policy.childProtocol,
    childMode: policy.childMode ?? 'tunnel',
    theirChildMode: policy.childMode === 'transport' ? 'tunnel' : 'transport',
    localSubnets: segments.local.join(', '),
    remoteSubnets: segments.remote.join(', '),
  };
}

function evidenceValues({ version, mode, identity, asked }: Evidence, policy: TunnelPolicy): Values {
  return {
    otherVersion: String(version ?? (policy.version === 1 ? 2 : 1)),
    theirMode: mode ?? (policy.mode === 'main' ? 'aggressive' : 'main'),
    identity: identity ?? 'something else',
    asked: asked ?? 'somebody else',
  };
}

function proposalValues(facts: Facts, failure: Failure): Values {
  const { part, ours, theirs, differences } = proposalsOf(facts, failure);
  const group = failure.reason?.evidence?.group;
  const theirGroups = group === undefined ? groupsOf(theirs) : [groupName(group)];
  const protocols = [...new Set(theirs.map(({ protocol }) => protocol))];
  return {
    ours: ours.map(formatProposal).join(', '),
    ourGroups: groupsOf(ours).join(', ') || 'none',
    theirGroups: theirGroups.join(', ') || 'another one',
    theirGroup: theirGroups[0]?.split(' ')[0] ?? UNTOLD,
    theirProtocols: protocols.join(', ') || 'another one',
    theirProtocol: protocols[0] ?? UNTOLD,
    setHere: settingsText(differences, part) || `${part} to ${UNTOLD}`,
  };
}

const UNTOLD = 'what the other end has';

/** What both sides offer in the stage that has failed. */
export function proposalsOf(facts: Facts, failure: Failure) {
  const { policy } = facts;
  const part = failure.stage === 1 ? ('ike' as const) : ('ipsec' as const);
  // RFC 7296 §1.2: in IKE_AUTH the groups are not part of what is offered.
  const isFirst = failure.reason?.evidence?.exchange === 'IKE_AUTH';
  const offered = (proposals: readonly Proposal[]) =>
    isFirst ? proposals.map((proposal): Proposal => ({ ...proposal, keyExchange: [] })) : proposals;
  const ours = part === 'ike' ? policy.ikeProposals : offered(policy.childProposals);
  const theirs = offered(readProposals(failure.reason?.evidence?.proposals ?? []));
  const differences: readonly Difference[] = differencesOf(ours, theirs);
  return { part, ours, theirs, differences };
}

export function configuredSegments({ policy }: Facts): Segments {
  return { local: policy.local.selectors.map(formatSelector), remote: policy.remote.selectors.map(formatSelector) };
}

/** What the Child SAs that there are cover. */
export function agreedSegments({ status }: Facts): Segments {
  return {
    local: [...new Set(status.children.flatMap(({ localSubnets }) => localSubnets))],
    remote: [...new Set(status.children.flatMap(({ remoteSubnets }) => remoteSubnets))],
  };
}

/** The pairs that no Child SA carries; for people. */
export function missingPairs({ status }: Facts): string {
  const { down } = status.pairs;
  const shown = down.slice(0, 8).map(({ local, remote }) => `${local} <-> ${remote}`);
  return `${shown.join(', ')}${down.length > shown.length ? ` and ${down.length - shown.length} more` : ''}`;
}

/** Where the peer is, or should be. */
export function peerName({ policy }: Facts, failure: Failure | undefined): string {
  const seen = failure?.remote ?? failure?.attempt?.remote;
  const { address } = policy.remote;
  if (address.kind === 'address') return address.address;
  if (address.kind === 'name') return address.name;
  return seen?.address ?? 'the peer';
}

function differenceOf(facts: Facts, failure: Failure | undefined): string {
  if (failure === undefined) return '';
  const { evidence, text = '' } = failure.reason ?? {};
  if (evidence?.selectors !== undefined) return segmentDifference(configuredSegments(facts), evidence.selectors);
  const { differences, ours } = proposalsOf(facts, failure);
  if (evidence?.proposals !== undefined) return differenceText(differences) || text;
  return `here ${groupsOf(ours).join(', ') || 'none'}, and the peer does not say what it has`;
}
