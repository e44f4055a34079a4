import type { Writable } from '../base/writable.ts';
import { selectAdditional, slotWords } from './additional-key-exchange.ts';
import type { CipherSuite, Proposal, SecurityProtocol } from './proposal.ts';
import { formatProposal } from './proposal.ts';

export type SuiteSelection = {
  readonly suite: CipherSuite;
  /** Which of our proposals, and which of the peer's, it came from. */
  readonly ownIndex: number;
  readonly peerIndex: number;
};

export type MismatchType = 'encryption' | 'integrity' | 'prf' | 'keyExchange' | 'additional' | 'esn' | 'protocol';

/** `text` names what both sides have, for the operator; at most some hundred characters. */
export type SuiteMismatch = { readonly mismatch: MismatchType; readonly text: string };

export type SelectionOptions = {
  /** The first Child SA of an IKE_AUTH has no key exchange of its own, RFC 7296 §1.2. */
  readonly ignoreKeyExchange?: boolean;
};

/**
 * The suite that both sides accept. The responder's order decides, and that is ours: the first of our proposals that
 * fits any of the peer's, and in it the first algorithm of each of our lists that the peer names too. An initiator
 * checks a response with the same function. Where nothing fits, the answer names the type of the closest pair of
 * proposals that has nothing in common.
 */
export function selectSuite(
  own: readonly Proposal[],
  peer: readonly Proposal[],
  protocol: SecurityProtocol,
  options: SelectionOptions = {},
): SuiteSelection | SuiteMismatch {
  let closest: { readonly missing: readonly TransformKind[] } | undefined;
  for (const [ownIndex, ours] of own.entries()) {
    for (const [peerIndex, theirs] of peer.entries()) {
      if (ours.protocol !== protocol || theirs.protocol !== protocol) continue;
      const fit = fitOf(ours, theirs, options);
      if ('suite' in fit) return { suite: fit.suite, ownIndex, peerIndex };
      if (closest === undefined || fit.missing.length < closest.missing.length) closest = fit;
    }
  }
  const type = closest?.missing[0] ?? 'protocol';
  return { mismatch: type, text: mismatchText(type, own, peer) };
}

type TransformKind = Exclude<MismatchType, 'protocol'>;

/** What a proposal has one list of. */
type ListType = Exclude<TransformKind, 'additional'>;

const LIST_TYPES: readonly ListType[] = ['encryption', 'integrity', 'prf', 'keyExchange', 'esn'];

const WITHOUT_KEY_EXCHANGE = LIST_TYPES.filter((type) => type !== 'keyExchange');

function relevantTypes(options: SelectionOptions): readonly ListType[] {
  return options.ignoreKeyExchange === true ? WITHOUT_KEY_EXCHANGE : LIST_TYPES;
}

/** Both sides have the type, and no algorithm of it in common; or only one side has it. */
const NOTHING = Symbol('nothing in common');

/** The first of ours that the peer has too; undefined where neither side uses the type. */
function commonOf<Type extends ListType>(
  type: Type,
  ours: Proposal,
  theirs: Proposal,
): Proposal[Type][number] | undefined | typeof NOTHING {
  const ourList: Proposal[Type] = listOf(type, ours);
  const theirList: readonly unknown[] = listOf(type, theirs);
  if (ourList.length === 0 && theirList.length === 0) return undefined;
  return ourList.find((item) => theirList.includes(item)) ?? NOTHING;
}

/** A Child SA proposal that is silent about sequence numbers means the short ones (RFC 4304's default in IKEv1). */
function listOf<Type extends ListType>(type: Type, proposal: Proposal): Proposal[Type] {
  if (type === 'esn' && proposal.protocol !== 'ike' && proposal.esn.length === 0) return SHORT_SEQUENCE[type];
  return proposal[type];
}

const SHORT_SEQUENCE: Proposal = {
  protocol: 'esp',
  encryption: [],
  integrity: [],
  prf: [],
  keyExchange: [],
  esn: [false],
};

/** What one of our proposals and one of the peer's agree on, or what they lack for it. */
function fitOf(
  ours: Proposal,
  theirs: Proposal,
  options: SelectionOptions,
): { readonly suite: CipherSuite } | { readonly missing: readonly TransformKind[] } {
  const suite: Writable<CipherSuite> = { protocol: ours.protocol };
  const missing: TransformKind[] = [];
  for (const type of relevantTypes(options)) {
    const common = commonOf(type, ours, theirs);
    if (common === NOTHING) missing.push(type);
    else if (common !== undefined) choose(suite, type, common);
  }
  if (missing.length > 0) return { missing };
  const additional = options.ignoreKeyExchange === true ? [] : selectAdditional(ours.additional, theirs.additional);
  if (additional === undefined) return { missing: ['additional'] };
  if (additional.length > 0) suite.additional = additional;
  return { suite };
}

function choose<Type extends ListType>(suite: Writable<CipherSuite>, type: Type, common: Proposal[Type][number]): void {
  // A proposal has lists of what a suite has one of, by the same names.
  suite[type] = common as Writable<CipherSuite>[Type];
}

const NOUNS: Readonly<Record<TransformKind, string>> = {
  encryption: 'encryption algorithm',
  integrity: 'integrity algorithm',
  prf: 'PRF',
  keyExchange: 'key exchange method (DH group)',
  additional: 'additional key exchange',
  esn: 'sequence number form',
};

function mismatchText(type: MismatchType, own: readonly Proposal[], peer: readonly Proposal[]): string {
  if (peer.length === 0) return 'the peer offers nothing that we know';
  if (type === 'protocol')
    return `no common protocol: we have ${names(own.map(protocolName))}, the peer has ${names(peer.map(protocolName))}`;
  const ours = own.flatMap((proposal) => namesOf(type, proposal));
  const theirs = peer.flatMap((proposal) => namesOf(type, proposal));
  if (!ours.some((name) => theirs.includes(name)))
    return `no common ${NOUNS[type]}: we have ${names(ours)}, the peer has ${names(theirs)}`;
  const whole = `we have ${names(own.map(formatProposal))}, the peer has ${names(peer.map(formatProposal))}`;
  return `no proposal of both sides fits as a whole (the closest differ in the ${NOUNS[type]}): ${whole}`;
}

function namesOf(type: TransformKind, proposal: Proposal): string[] {
  if (type === 'additional') return slotWords(proposal.additional);
  const list: readonly (string | boolean)[] = listOf(type, proposal);
  return list.map((item) => (typeof item === 'string' ? item : item ? 'esn' : 'noesn'));
}

function protocolName(proposal: Proposal): string {
  return proposal.protocol.toUpperCase();
}

/** What a peer can make us print. */
const MAX_NAMES = 8;
const MAX_TEXT = 240;

function names(all: readonly string[]): string {
  const distinct = [...new Set(all)];
  if (distinct.length === 0) return 'none';
  const shown = distinct.slice(0, MAX_NAMES).join(', ').slice(0, MAX_TEXT);
  return distinct.length > MAX_NAMES || shown.length === MAX_TEXT ? `${shown} ...` : shown;
}
