import type { TunnelPolicy } from '../ike/common/policy.ts';
import type { Proposal } from '../sa/proposal.ts';
import type { SimGateway } from './gateway.ts';
import type { PairOptions } from './pair.ts';
import { Stage } from './stage.ts';
import { CHEAP_ESP, CHEAP_IKE } from './tunnels.ts';

/** What the plays of exchanges that cross have in common. */

export const SIDES = ['left', 'right'] as const;

/** The two ends as a play calls them that one of them begins: `a` is that one. */
export type Ends = { readonly stage: Stage; readonly a: SimGateway; readonly b: SimGateway };

export function setUp(side: (typeof SIDES)[number], options: ConstructorParameters<typeof Stage>[0] = {}): Ends {
  const stage = new Stage(options);
  const a = stage.pair[side];
  return { stage, a, b: stage.other(a) };
}

/** What is rekeyed, and how the request for it is known. */
export type Rekeying = { readonly begin: (stage: Stage, gateway: SimGateway) => void; readonly request: string };

export const REKEYINGS = {
  child: { begin: (stage, gateway) => stage.rekeyChild(gateway), request: 'N(REKEY_SA' },
  ike: { begin: (stage, gateway) => stage.rekeyIke(gateway), request: 'KE' },
} as const satisfies Record<string, Rekeying>;

/** Both have asked, and each has got the other's request; the answers wait. */
export function crossRequests(stage: Stage, rekeying: Rekeying): void {
  rekeying.begin(stage, stage.a);
  rekeying.begin(stage, stage.b);
  crossAgain(stage, rekeying);
}

export function crossAgain(stage: Stage, { request }: Rekeying): void {
  stage.pass(stage.a, 'request', request);
  stage.pass(stage.b, 'request', request);
}

/** Both have asked; the request of `a` still waits when `b` has its answer. */
export function delayRequest(stage: Stage, rekeying: Rekeying): void {
  rekeying.begin(stage, stage.a);
  rekeying.begin(stage, stage.b);
  stage.pass(stage.b, 'request', rekeying.request);
  stage.pass(stage.a, 'response', 'SA');
}

/** It is the Child SA of before: an IKE SA that is rekeyed hands its Child SAs on. */
export function expectSameChild(stage: Stage, play: () => void): void {
  const ends = [stage.a, stage.b];
  const idsOf = () => ends.map(({ machine }) => machine.children().map(({ id }) => id)).join(' ');
  const before = idsOf();
  play();
  if (idsOf() !== before) stage.pair.world.fail(`the Child SAs are ${idsOf()}, not ${before}`);
  const told = ends.flatMap(({ events }) => events.map(({ type }) => type));
  if (told.includes('child.deleted') || told.includes('child.rekeyed'))
    stage.pair.world.fail('a Child SA has ended, or was replaced');
}

const PFS_ESP: Proposal = { ...CHEAP_ESP, keyExchange: ['curve25519'] };

/** The cheap suites with one additional key exchange (RFC 9370). */
const HYBRID_ESP: Proposal = { ...PFS_ESP, additional: [{ slot: 1, methods: ['ecp256'] }] };
const HYBRID_IKE: Proposal = { ...CHEAP_IKE, additional: [{ slot: 1, methods: ['ecp256'] }] };

/**
 * What an end may want of additional key exchanges: as responder it takes what it prefers of what the peer offers as well.
 */
export const WANTS = {
  always: { ikeProposals: [HYBRID_IKE], childProposals: [HYBRID_ESP] },
  rather: { ikeProposals: [HYBRID_IKE, CHEAP_IKE], childProposals: [HYBRID_ESP, PFS_ESP] },
  ratherNot: { ikeProposals: [CHEAP_IKE, HYBRID_IKE], childProposals: [PFS_ESP, HYBRID_ESP] },
  never: { ikeProposals: [CHEAP_IKE], childProposals: [PFS_ESP] },
} as const satisfies Record<string, Partial<TunnelPolicy>>;

type Options = Omit<PairOptions, 'seed'>;

/** Both kinds of SA with one additional key exchange, whoever makes them. */
export const HYBRID = { tunnel: WANTS.always } as const satisfies Options;

/** Only what the right end makes, or only what the left end makes. */
export const MIXED: Options = { left: { policy: WANTS.rather }, right: { policy: WANTS.ratherNot } };
export const MIXED_THE_OTHER_WAY: Options = { left: { policy: WANTS.ratherNot }, right: { policy: WANTS.rather } };
