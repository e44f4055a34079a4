import type { Check, CheckName } from './diagnosis.ts';
import type { Facts } from './facts.ts';
import type { Failure } from './trail.ts';

/**
 * What was reached and what was not, from the first datagram to the first packet. What stands before the first suspect has
 * worked, or we would not have come so far.
 */
export function checksOf(facts: Facts, failure: Failure | undefined, fails: readonly CheckName[]): Check[] {
  const rows = LADDER.filter(({ name }) => name !== 'ike-mode' || facts.policy.version === 1);
  const connected = facts.status.connectionStatus === 'connected';
  if (fails.length === 0 && !connected) return [];
  const steps = rows.filter(({ name }) => fails.includes(name)).map(({ step }) => step);
  const range = { first: Math.min(...steps, BEYOND), last: Math.max(...steps, 0) };
  return rows.map((row): Check => {
    if (row.name === 'nat') return natCheck(facts, failure, range.first > row.step);
    const state = connected ? stateOfConnected(facts, row.name, fails) : stateOf(row, fails, range);
    if (row.name === 'udp-4500' && state === 'passed' && !usesPort4500(facts, failure))
      return {
        name: row.name,
        state: 'unknown',
        text: `UDP 4500 ${failure?.role === 'responder' ? 'not known' : 'was not needed'}`,
      };
    const took = row.name === 'udp-500' && state === 'passed' ? tookText(failure) : '';
    const words = WORDS[row.name] ?? COMMON_WORDS;
    return { name: row.name, state, text: `${row.label} ${words[state]}${took}` };
  });
}

function stateOf(
  { name, step }: Row,
  fails: readonly CheckName[],
  { first, last }: { readonly first: number; readonly last: number },
): Check['state'] {
  if (fails.includes(name)) return fails.length > 1 ? 'suspect' : 'failed';
  if (step < first) return 'passed';
  return step <= last ? 'unknown' : 'not-reached';
}

/** All has been agreed on once; whether packets go both ways, their counters tell. */
function stateOfConnected({ status }: Facts, name: CheckName, fails: readonly CheckName[]): Check['state'] {
  if (fails.includes(name)) return 'failed';
  const both =
    status.children.some(({ packetsIn }) => packetsIn > 0) && status.children.some(({ packetsOut }) => packetsOut > 0);
  return name === 'traffic' && !both ? 'unknown' : 'passed';
}

type Row = { readonly name: CheckName; readonly step: number; readonly label: string };

/** What is settled in the same message stands on the same step. */
const LADDER: readonly Row[] = [
  { name: 'udp-500', step: 1, label: 'UDP 500' },
  { name: 'ike-version', step: 2, label: 'IKE version' },
  { name: 'ike-mode', step: 2, label: 'mode' },
  { name: 'ike-proposal', step: 3, label: 'IKE proposal' },
  { name: 'nat', step: 3, label: 'NAT' },
  { name: 'udp-4500', step: 4, label: 'UDP 4500' },
  { name: 'pre-shared-key', step: 5, label: 'pre-shared key' },
  { name: 'identities', step: 5, label: 'identities' },
  { name: 'segments', step: 6, label: 'segments' },
  { name: 'ipsec-proposal', step: 6, label: 'IPsec proposal' },
  { name: 'kernel', step: 7, label: 'data plane' },
  { name: 'traffic', step: 8, label: 'packets' },
];

const BEYOND = 9;

type Words = Readonly<Record<Check['state'], string>>;

const COMMON_WORDS: Words = {
  passed: 'agreed',
  failed: 'differs',
  suspect: 'may differ',
  unknown: 'not known',
  'not-reached': 'not reached yet',
};

const PORT_WORDS: Words = { ...COMMON_WORDS, passed: 'answers', failed: 'is silent', suspect: 'may be blocked' };

const WORDS: { readonly [Name in CheckName]?: Words } = {
  'udp-500': PORT_WORDS,
  'udp-4500': PORT_WORDS,
  identities: { ...COMMON_WORDS, failed: 'differ' },
  segments: { ...COMMON_WORDS, failed: 'differ' },
  kernel: { ...COMMON_WORDS, passed: 'has the SAs', failed: 'refuses', suspect: 'may refuse' },
  traffic: { ...COMMON_WORDS, passed: 'go both ways', failed: 'do not go both ways', unknown: 'not seen yet' },
};

function natCheck({ status, policy }: Facts, failure: Failure | undefined, settled: boolean): Check {
  const nat = failure?.attempt?.nat ?? status.ike?.nat;
  if (nat?.forced) return { name: 'nat', state: 'passed', text: 'ESP goes in UDP as it is configured' };
  const ends = [nat?.local ? 'this end' : '', nat?.remote ? 'the peer' : ''].filter(Boolean).join(' and ');
  if (ends !== '') return { name: 'nat', state: 'passed', text: `${ends} behind NAT` };
  // Of a negotiation that the peer has begun, no event says that there was none.
  const known = nat !== undefined || (settled && failure?.role === 'initiator' && policy.version === 2);
  return known
    ? { name: 'nat', state: 'passed', text: 'no NAT on the path' }
    : { name: 'nat', state: 'unknown', text: 'NAT not known' };
}

/** RFC 7296 §2.23, RFC 4555 §3.3, RFC 3947 §4: where there is NAT, or where the tunnel may move. */
function usesPort4500({ policy, status }: Facts, failure: Failure | undefined): boolean {
  const nat = failure?.attempt?.nat ?? status.ike?.nat;
  const moves = policy.version === 2 && policy.mobike && failure?.role !== 'responder';
  return nat?.local === true || nat?.remote === true || moves || status.ike?.remote.endsWith(':4500') === true;
}

function tookText(failure: Failure | undefined): string {
  const after = failure?.attempt?.answered?.after;
  return after === undefined ? '' : ` (${Math.round(after)} ms)`;
}
