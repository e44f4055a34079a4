import { formatEndpoint } from '../../base/net.ts';
import type { Facts } from './facts.ts';
import { groupName } from './proposal-difference.ts';
import type { Failure } from './trail.ts';
import { peerName } from './values.ts';

/** What was seen, one sentence each, in the order in which it happened. */
export function evidenceOf(facts: Facts, failure: Failure): string[] {
  const { attempt, reason, role, remote } = failure;
  const peer = peerName(facts, failure);
  return [
    role === 'responder' ? `the peer began it${remote === undefined ? '' : `, from ${formatEndpoint(remote)}`}` : '',
    attempt?.answered === undefined ? '' : answeredText(attempt.answered),
    attempt?.nat === undefined ? '' : natText(attempt.nat),
    saidText(failure, peer),
    reason === undefined ? '' : reason.text,
    facts.spoken === undefined ? '' : `asked in IKEv${facts.spoken} with our proposals, the peer takes it up`,
    trustText(failure),
    `last seen ${ageText(facts.now - failure.at)} ago`,
  ].filter(Boolean);
}

/** Whether keys that only the peer can have were under what it rests on: those of an IKE SA, or of Main Mode. */
export function isAuthenticated({ authenticated, reason }: Failure): boolean {
  return authenticated || reason?.evidence?.proof === 'shown';
}

/** A failure that another one explains better, in one line. */
export function besidesText(facts: Facts, { role, reason, at }: Failure): string {
  const who = role === null ? 'earlier' : role === 'initiator' ? 'when we begin' : 'when the peer begins';
  return `besides, ${who}: ${reason?.text ?? 'it does not go on'} (${ageText(facts.now - at)} ago)`;
}

/** Silence, and what this machine itself refuses, nobody has sent. */
function trustText(failure: Failure): string {
  const { proof, exchange: _, port: __, ...said } = failure.reason?.evidence ?? {};
  const isSaid = Object.keys(said).length > 0 || proof === 'unreadable' || failure.remote !== undefined;
  if (!isSaid) return '';
  return isAuthenticated(failure)
    ? 'this came under keys that only the peer has'
    : 'nobody has proven to have sent this: it is as good as the network it came over';
}

function saidText({ reason, attempt }: Failure, peer: string): string {
  const { notify, exchange, group, proof } = reason?.evidence ?? {};
  const times = attempt?.transmissions;
  if (proof === 'silent' && times !== undefined) return `no answer to ${count(times, 'transmission')}`;
  if (notify === undefined) return '';
  const wants = group === undefined ? '' : `, which wants DH group ${groupName(group)}`;
  return `${notify} from ${peer}${exchange === undefined ? '' : ` in ${exchange}`}${wants}`;
}

function answeredText({ remote, after }: NonNullable<NonNullable<Failure['attempt']>['answered']>): string {
  return `${formatEndpoint(remote)} answered after ${Math.round(after)} ms`;
}

function natText({ local, remote }: { readonly local: boolean; readonly remote: boolean }): string {
  const ends = [local ? 'this end' : '', remote ? 'the peer' : ''].filter(Boolean);
  return ends.length === 0 ? '' : `${ends.join(' and ')} behind NAT`;
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`;
}

/** A rough age is enough. */
function ageText(milliseconds: number): string {
  const seconds = Math.max(0, Math.round(milliseconds / 1_000));
  if (seconds < 120) return `${seconds}s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 120 ? `${minutes}m` : `${Math.round(minutes / 60)}h`;
}
