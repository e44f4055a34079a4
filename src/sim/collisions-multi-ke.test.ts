import { describe, expect, it } from 'vitest';
import { SECOND } from '../base/time.ts';
import type { Proposal } from '../sa/proposal.ts';
import {
  crossRequests,
  delayRequest,
  expectSameChild,
  HYBRID,
  MIXED,
  MIXED_THE_OTHER_WAY,
  REKEYINGS,
  SIDES,
  setUp,
} from './collisions.ts';
import { command, countEvents, type PairOptions } from './pair.ts';
import type { NonceOrder } from './stage.ts';
import { NONCE_ORDERS, Stage } from './stage.ts';

/** The exchange tests with additional key exchanges that strongSwan names, for Child SAs and for IKE SAs. */

const ROUND = 'N(ADDITIONAL_KEY_EXCHANGE)';

type Subject = keyof typeof REKEYINGS;

const SUBJECTS = ['child', 'ike'] as const satisfies readonly Subject[];

const FOLLOW_UPS = { exchange: 'IKE_FOLLOWUP_KE', kind: 'request' } as const;

/** The old one is deleted by whoever has made its successor. */
const DELETE = { child: 'D(ESP', ike: 'D(IKE)' } as const;

const REKEYED = { child: 'child.rekeyed', ike: 'ike.rekeyed' } as const;

function initiatorOf(stage: Stage, subject: Subject): string {
  return subject === 'child' ? stage.childInitiator : stage.ikeInitiator;
}

describe.each(SUBJECTS.flatMap((subject) => SIDES.map((side) => [subject, side] as const)))(
  'one end rekeys with an additional key exchange: %s, %s',
  (subject, side) => {
    it('regular_multi_ke: the successor comes into being with the last exchange', () => {
      const { stage, a, b } = setUp(side, HYBRID);
      REKEYINGS[subject].begin(stage, a);
      stage.pass(a, 'request', REKEYINGS[subject].request);
      expect(stage.pass(b, 'response').contents).toContain(ROUND);
      for (const gateway of [a, b]) expect(countEvents(gateway, REKEYED[subject])).toBe(0);
      expect(stage.pass(a, 'request').contents).toEqual(['KE', ROUND]);
      expect(stage.pass(b, 'response').contents).toEqual(['KE']);
      stage.pass(a, 'request', DELETE[subject]);
      stage.pass(b, 'response');
      expect(stage.gate.waiting).toEqual([]);
      stage.expectOneOfEach();
      expect(initiatorOf(stage, subject)).toBe(a.name);
      for (const gateway of [a, b]) expect(countEvents(gateway, REKEYED[subject])).toBe(1);
    });

    it('regular_ke_invalid_multi_ke: the peer asks for another method, and then the rounds follow', () => {
      const { stage, a, b } = setUp(side, HYBRID);
      putAtOdds(stage);
      REKEYINGS[subject].begin(stage, a);
      stage.pass(a, 'request', 'KE');
      stage.pass(b, 'response', 'N(INVALID_KE_PAYLOAD)');
      stage.pass(a, 'request', 'KE');
      stage.pass(b, 'response', ROUND);
      stage.pass(a, 'request', ROUND);
      stage.pass(b, 'response', 'KE');
      stage.expectOneOfEach();
      expect(initiatorOf(stage, subject)).toBe(a.name);
    });

    it.each(['request', 'Delete'] as const)(
      'collision_delete_multi_ke: the other end deletes it between the exchanges, the %s first',
      (first) => {
        const { stage, a, b } = setUp(side, HYBRID);
        const old = stage.childOf(b);
        REKEYINGS[subject].begin(stage, a);
        stage.pass(a, 'request', REKEYINGS[subject].request);
        stage.pass(b, 'response', ROUND);
        if (subject === 'child') stage.deleteChild(b, old);
        else stage.deleteIke(b);
        if (first === 'request') {
          stage.pass(a, 'request', ROUND);
          const refusal = stage.gate.waiting.find(({ from, kind }) => from === b && kind === 'response');
          expect(refusal?.contents).toEqual([subject === 'child' ? 'N(STATE_NOT_FOUND)' : 'N(TEMPORARY_FAILURE)']);
        }
        stage.pass(b, 'request', DELETE[subject]);
        stage.gate.passAll();
        if (subject === 'ike') stage.expectNothing();
        else stage.expectOneOfEach();
        for (const gateway of [a, b]) expect(countEvents(gateway, REKEYED[subject])).toBe(0);
      },
    );
  },
);

describe.each(SIDES)('one end makes a Child SA with an additional key exchange: %s', (side) => {
  it('child_create multi_ke: nothing is there before the last exchange', () => {
    const { stage, a, b } = setUp(side, HYBRID);
    stage.deleteChild(a);
    stage.pass(a, 'request', DELETE.child);
    stage.pass(b, 'response');
    expect(stage.pass(a, 'request').contents).toEqual(['SA', 'Nonce', 'KE', 'TSi', 'TSr']);
    stage.pass(b, 'response', ROUND);
    for (const { machine } of [a, b]) expect(machine.children()).toEqual([]);
    stage.pass(a, 'request', ROUND);
    expect(b.machine.children()).toHaveLength(1);
    stage.pass(b, 'response', 'KE');
    expect(stage.gate.waiting).toEqual([]);
    stage.expectOneOfEach();
  });
});

type Play = {
  readonly name: string;
  readonly story: string;
  readonly options?: Omit<PairOptions, 'seed'>;
  readonly play: (stage: Stage, subject: Subject, order: NonceOrder) => void;
  /** Whose successor stays, where the nonces do not decide. */
  readonly winner?: 'left' | 'right';
};

/** `a` is the left end, `b` the right one. */
const PLAYS: readonly Play[] = [
  {
    name: 'collision_multi_ke',
    story: 'both know it before an answer comes, and the one that loses begins no round',
    options: HYBRID,
    play: (stage, subject, { winner }) => {
      crossRequests(stage, REKEYINGS[subject]);
      stage.pass(stage.b, 'response', ROUND);
      stage.pass(stage.a, 'response', ROUND);
      stage.gate.passAll();
      expect(stage.said(FOLLOW_UPS)).toBe(1);
      expect(stage.said({ ...FOLLOW_UPS, from: stage.pair[winner] })).toBe(1);
    },
  },
  {
    name: 'collision_mixed, the right end with rounds',
    story: 'only one of the two exchanges has more to come',
    options: MIXED,
    play: (stage, subject, { winner }) => {
      crossRequests(stage, REKEYINGS[subject]);
      stage.pass(stage.b, 'response', 'KE');
      stage.pass(stage.a, 'response', ROUND);
      stage.gate.passAll();
      expect(stage.said(FOLLOW_UPS)).toBe(winner === 'right' ? 1 : 0);
    },
  },
  {
    name: 'collision_mixed, the left end with rounds',
    story: 'the same the other way round, and the answer that ends it comes first',
    options: MIXED_THE_OTHER_WAY,
    play: (stage, subject, { winner }) => {
      crossRequests(stage, REKEYINGS[subject]);
      stage.pass(stage.a, 'response', 'KE');
      stage.pass(stage.b, 'response', ROUND);
      stage.gate.passAll();
      expect(stage.said(FOLLOW_UPS)).toBe(winner === 'left' ? 1 : 0);
    },
  },
  {
    name: 'collision_delayed_response_multi_ke',
    story: 'the peer goes on with its rounds before its answer to ours comes',
    options: HYBRID,
    play: (stage, subject, { winner }) => {
      crossRequests(stage, REKEYINGS[subject]);
      stage.pass(stage.a, 'response', ROUND);
      if (winner === 'right') {
        stage.pass(stage.b, 'request', ROUND);
        stage.pass(stage.b, 'response', ROUND);
        stage.pass(stage.a, 'response', 'KE');
      } else stage.pass(stage.b, 'response', ROUND);
    },
  },
  {
    name: 'collision_delayed_response_multi_ke, the Delete first',
    story: 'the peer is done, and has deleted the old one, before its answer to ours comes',
    options: HYBRID,
    play: (stage, subject, { winner }) => {
      crossRequests(stage, REKEYINGS[subject]);
      stage.pass(stage.a, 'response', ROUND);
      if (winner === 'right') {
        stage.pass(stage.b, 'request', ROUND);
        stage.pass(stage.a, 'response', 'KE');
        stage.pass(stage.b, 'request', DELETE[subject]);
        if (stage.gate.waiting.some(({ from, kind }) => from === stage.a && kind === 'response'))
          stage.pass(stage.a, 'response');
      }
      stage.pass(stage.b, 'response', ROUND);
    },
  },
  {
    name: 'collision_delayed_request_multi_ke',
    story: 'the peer is at its rounds when our request comes, and the refusal comes before its Delete',
    options: HYBRID,
    winner: 'right',
    play: (stage, subject) => {
      delayRequest(stage, REKEYINGS[subject]);
      stage.pass(stage.a, 'request', REKEYINGS[subject].request);
      stage.pass(stage.b, 'request', ROUND);
      stage.pass(stage.b, 'response', 'N(TEMPORARY_FAILURE)');
      stage.pass(stage.a, 'response', 'KE');
      stage.pass(stage.b, 'request', DELETE[subject]);
    },
  },
  {
    name: 'collision_delayed_request_multi_ke, the Delete first',
    story: 'the same, and the Delete comes before the refusal',
    options: HYBRID,
    winner: 'right',
    play: (stage, subject) => {
      delayRequest(stage, REKEYINGS[subject]);
      stage.pass(stage.a, 'request', REKEYINGS[subject].request);
      stage.pass(stage.b, 'request', ROUND);
      stage.pass(stage.a, 'response', 'KE');
      stage.pass(stage.b, 'request', DELETE[subject]);
      stage.pass(stage.b, 'response', 'N(TEMPORARY_FAILURE)');
    },
  },
];

describe.each(SUBJECTS.flatMap((subject) => PLAYS.map((play) => ({ ...play, subject }))))(
  '$subject, $name: $story',
  ({ play, options, winner, subject, name }) => {
    it.each(NONCE_ORDERS)('$name', (order) => {
      const stage = new Stage({ ...options, order });
      const perform = () => {
        play(stage, subject, order);
        stage.gate.passAll();
        stage.expectOneOfEach();
      };
      if (subject === 'ike') expectSameChild(stage, perform);
      else perform();
      expect(initiatorOf(stage, subject)).toBe(winner ?? order.winner);
      for (const gateway of [stage.a, stage.b]) expect(countEvents(gateway, REKEYED[subject]), name).toBe(1);
    });
  },
);

describe('child, collision_mixed where the rounds take long: nobody sends through what is to be deleted', () => {
  it.each(NONCE_ORDERS.filter(({ winner }) => winner === 'right'))('$name', (order) => {
    const stage = new Stage({ ...MIXED, order });
    crossRequests(stage, REKEYINGS.child);
    stage.pass(stage.b, 'response', 'KE');
    stage.pass(stage.a, 'response', ROUND);
    // Longer than an end that answers waits before it goes over to what it has answered.
    stage.pair.world.run(7 * SECOND);
    stage.gate.passAll();
    stage.expectOneOfEach();
    expect(stage.childInitiator).toBe('right');
  });
});

/** After they have connected with one key exchange method, both prefer another: a first guess is wrong. */
function putAtOdds(stage: Stage): void {
  for (const gateway of [stage.a, stage.b]) {
    const { ikeProposals, childProposals } = HYBRID.tunnel;
    const prefer = (proposal: Proposal): Proposal => ({ ...proposal, keyExchange: ['ecp384', 'curve25519'] });
    const changes = { ikeProposals: ikeProposals.map(prefer), childProposals: childProposals.map(prefer) };
    command(gateway, { kind: 'configure', tunnels: [{ ...stage.pair.policyOf(gateway), ...changes }] });
  }
}
