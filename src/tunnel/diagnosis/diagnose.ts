import { checksOf } from './checks.ts';
import { classify } from './classify.ts';
import type { DiagnosisCode } from './codes.ts';
import { compare } from './comparison.ts';
import { judgeConnected } from './connected.ts';
import type { Finding } from './diagnosis.ts';
import { besidesText, evidenceOf, isAuthenticated } from './evidence-text.ts';
import type { Facts } from './facts.ts';
import { kernelErrorTexts } from './kernel-errors.ts';
import { keysOf } from './proposal-difference.ts';
import type { Failure } from './trail.ts';
import { fill, proposalsOf, valuesOf } from './values.ts';
import type { Verdict } from './verdicts/verdict.ts';
import { VERDICTS } from './verdicts.ts';

export type Diagnosed = {
  /** Whether it would help to know if the peer has the tunnel in the other IKE version. */
  readonly wantsVersion: boolean;
  /** Whether it would help to know if large packets reach the peer. */
  readonly wantsSize: boolean;
  readonly finding: Finding;
  /** The keys of the configuration that it is about, each with the ways to say it. */
  readonly keys: readonly (readonly string[])[];
};

/** What is wrong with a tunnel, from what was seen of it. */
export function diagnose(facts: Facts): Diagnosed {
  const { code, failure, others } = judge(facts);
  const row = VERDICTS[code];
  const values = valuesOf(facts, failure);
  const connected = facts.status.connectionStatus === 'connected';
  const finding: Finding = {
    tunnel: facts.policy.name,
    connectionStatus: facts.status.connectionStatus,
    code,
    verdict: fill(row.verdict, values),
    severity: connected && failure !== undefined ? 'doubtful' : row.severity,
    role: failure?.role ?? null,
    authenticated: failure === undefined ? connected : isAuthenticated(failure),
    evidence: [
      ...(failure === undefined ? [] : evidenceOf(facts, failure)),
      ...others.map((other) => besidesText(facts, other)),
      ...(connected ? [countersText(facts), sizeText(facts), ...kernelErrorTexts(facts.host.kernelErrors)] : []),
      clockText(facts),
    ].filter(Boolean),
    comparisons: row.compares.flatMap((what) => compare(facts, failure, what)),
    checks: checksOf(facts, failure, row.fails),
    fixHere: fill(row.here, values),
    fixThere: fill(row.there, values),
    faq: row.faq,
  };
  const wantsVersion = failure?.role === 'initiator' && AMBIGUOUS.has(code);
  const wantsSize = connected && row.severity !== 'broken';
  return { finding, keys: keysFor(facts, failure, row), wantsVersion, wantsSize };
}

/** What a peer says, or does not, that has nothing in this version or nothing that fits. */
const AMBIGUOUS: ReadonlySet<DiagnosisCode> = new Set<DiagnosisCode>(['no-answer', 'ike-proposals-refused']);

type Judgement = {
  readonly code: DiagnosisCode;
  readonly failure?: Failure | undefined;
  readonly others: readonly Failure[];
};

function judge(facts: Facts): Judgement {
  const { status } = facts;
  if (status.connectionStatus === 'connected') return { ...judgeConnected(facts), others: [] };
  if (status.connectionStatus === 'disabled') return { code: 'disabled', others: [] };
  // There is nobody to negotiate with.
  if (status.reason?.code === 'unresolved-peer') return { code: 'peer-unresolved', others: [] };
  const [best, ...others] = candidates(facts);
  if (best !== undefined) return { ...best, others: others.map(({ failure }) => failure) };
  if (status.connectionStatus === 'connecting') return { code: 'connecting', others: [] };
  return { code: status.reason?.code === 'no-traffic' ? 'waiting-for-traffic' : 'waiting-for-peer', others: [] };
}

/** Where several are known: what is older than this beside a newer one is history, milliseconds. */
const STALE = 600_000;

/**
 * What is known of why it is not up, the most telling first: what the peer itself has said before what anybody could have,
 * then what explains more, then our own attempts.
 */
function candidates(facts: Facts): { readonly code: DiagnosisCode; readonly failure: Failure }[] {
  const { own, peers, lost } = facts.trail;
  const all = [own, peers, lost].filter((failure) => failure !== undefined);
  const newest = Math.max(...all.map(({ at }) => at));
  return all
    .filter(({ at }) => newest - at < STALE)
    .map((failure) => ({ code: classify({ ...facts, failure }), failure }))
    .toSorted((a, b) => weight(b) - weight(a));
}

function weight({ code, failure }: { readonly code: DiagnosisCode; readonly failure: Failure }): number {
  const { tells } = VERDICTS[code];
  return tells + (isAuthenticated(failure) && tells > 1 ? 4 : 0);
}

function keysFor(facts: Facts, failure: Failure | undefined, { keys }: Verdict): readonly (readonly string[])[] {
  if (typeof keys !== 'string') return keys;
  const part = keys === 'ike-transforms' ? 'ike' : 'ipsec';
  const named = failure === undefined ? [] : keysOf(proposalsOf(facts, failure).differences, part);
  return named.length > 0 ? named : ALL_TRANSFORMS[part];
}

const ALL_TRANSFORMS = {
  ike: [
    ['ike.encryption', 'ike.proposals'],
    ['ike.authentication', 'ike.proposals'],
    ['ike.dhGroup', 'ike.proposals'],
  ],
  ipsec: [
    ['ipsec.protocol'],
    ['ipsec.encryption', 'ipsec.proposals'],
    ['ipsec.authentication', 'ipsec.proposals'],
    ['ipsec.pfs', 'ipsec.proposals'],
  ],
} as const;

function countersText({ status }: Facts): string {
  const sum = (key: 'packetsIn' | 'packetsOut') => status.children.reduce((total, child) => total + child[key], 0);
  return `${sum('packetsIn')} packets in and ${sum('packetsOut')} out by the present SAs`;
}

function sizeText({ largePackets }: Facts): string {
  if (largePackets === undefined) return '';
  return largePackets === 'answered'
    ? 'a packet of 1500 bytes reaches the peer, which answers it'
    : 'asked with a small packet and with one of 1500 bytes, the peer answers the small one alone';
}

/** The beginning of 2024: a clock that says less has never been set. */
const PLAUSIBLE_FROM = 1_704_067_200_000;

/** No lifetime depends on the date, but who compares two logs does. */
function clockText({ now, host: { clockStep } }: Facts): string {
  if (now < PLAUSIBLE_FROM)
    return 'the clock of this machine has never been set: the times here are not those of the peer';
  if (clockStep === undefined) return '';
  const way = clockStep > 0 ? 'forward' : 'back';
  const seconds = Math.abs(Math.round(clockStep / 1_000));
  return `the clock of this machine went ${way} by ${seconds}s lately: it was set, or the machine slept; times of before do not go with those of now`;
}
