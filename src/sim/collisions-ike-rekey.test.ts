import { describe, expect, it } from 'vitest';
import { SECOND } from '../base/time.ts';
import { crossAgain, crossRequests, delayRequest, expectSameChild, REKEYINGS, SIDES, setUp } from './collisions.ts';
import { command, countEvents } from './pair.ts';
import type { NonceOrder } from './stage.ts';
import { NONCE_ORDERS, Stage } from './stage.ts';
import { CHEAP_IKE } from './tunnels.ts';

/** After they have connected with one key exchange method, both prefer another: a first guess is wrong. */
function putAtOdds(stage: Stage): void {
  for (const gateway of [stage.a, stage.b]) {
    const policy = { ...stage.pair.policyOf(gateway), ikeProposals: [{ ...CHEAP_IKE, keyExchange: PREFERENCE }] };
    command(gateway, { kind: 'configure', tunnels: [policy] });
  }
}

const PREFERENCE = ['ecp256', 'curve25519'] as const;

const creations = (stage: Stage) => stage.said({ exchange: 'CREATE_CHILD_SA', kind: 'request' });

describe.each(SIDES)('one end rekeys the IKE SA: %s', (side) => {
  it('regular: the successor has the Child SA, and the old IKE SA is deleted', () => {
    const { stage, a, b } = setUp(side);
    expectSameChild(stage, () => {
      stage.rekeyIke(a);
      expect(stage.pass(a, 'request').contents).toEqual(['SA', 'Nonce', 'KE']);
      stage.pass(b, 'response', 'KE');
      stage.pass(a, 'request', 'D(IKE)');
      stage.pass(b, 'response');
      expect(stage.gate.waiting).toEqual([]);
      stage.expectOneOfEach();
    });
    expect(stage.ikeInitiator).toBe(a.name);
    for (const gateway of [a, b]) {
      expect(countEvents(gateway, 'ike.rekeyed')).toBe(1);
      expect(countEvents(gateway, 'ike.closed')).toBe(1);
    }
  });

  it('ke_invalid: the peer asks for another key exchange method and gets it', () => {
    const { stage, a, b } = setUp(side);
    putAtOdds(stage);
    expectSameChild(stage, () => {
      stage.rekeyIke(a);
      stage.pass(a, 'request', 'KE');
      stage.pass(b, 'response', 'N(INVALID_KE_PAYLOAD)');
      stage.pass(a, 'request', 'KE');
      stage.pass(b, 'response', 'KE');
      stage.expectOneOfEach();
    });
    expect(a.machine.views()[0]?.suite?.keyExchange).toBe('ecp256');
  });

  it.each(['request', 'Delete'] as const)('collision_delete: the other end deletes it, the %s first', (first) => {
    const { stage, a, b } = setUp(side);
    stage.rekeyIke(a);
    stage.deleteIke(b);
    if (first === 'request') {
      stage.pass(a, 'request', 'KE');
      expect(stage.gate.waiting.at(-1)?.contents).toEqual(['N(TEMPORARY_FAILURE)']);
    }
    stage.pass(b, 'request', 'D(IKE)');
    stage.gate.passAll();
    stage.expectNothing();
    expect(countEvents(a, 'ike.rekeyed')).toBe(0);
  });

  it('collision_delete_drop_delete: the Delete is lost at first', () => {
    const { stage, a, b } = setUp(side);
    stage.rekeyIke(a);
    stage.deleteIke(b);
    stage.gate.drop({ from: b, says: 'D(IKE)' });
    stage.pass(a, 'request', 'KE');
    stage.pass(b, 'response', 'N(TEMPORARY_FAILURE)');
    stage.expectNothing();
    expect(countEvents(a, 'ike.rekeyed')).toBe(0);
  });
});

it('one end authenticates anew while the other one rekeys the IKE SA: nothing goes before its successor stands', () => {
  const stage = new Stage({ left: { policy: { reauthenticate: true } } });
  const { a, b, gate } = stage;
  stage.rekeyIke(a);
  stage.rekeyIke(b);
  gate.pass({ from: a, exchange: 'IKE_SA_INIT' });
  gate.pass({ from: b, exchange: 'CREATE_CHILD_SA' });
  gate.pass({ from: a, exchange: 'CREATE_CHILD_SA' });
  gate.pass({ from: b, exchange: 'IKE_SA_INIT' });
  gate.pass({ from: a, exchange: 'IKE_AUTH' });
  // The answer that the new one waits for is late; all else goes through.
  for (let late = gate.waiting; late.length > 1; late = gate.waiting)
    gate.passThis(late.find(({ exchange }) => exchange !== 'IKE_AUTH') ?? gate.pass());
  expect(stage.gate.waiting.map(({ exchange }) => exchange)).toEqual(['IKE_AUTH']);
  stage.expectOneOfEach();
  expect(stage.ikeInitiator).toBe(a.name);
});

type Play = {
  readonly name: string;
  readonly story: string;
  readonly play: (stage: Stage) => void;
  readonly atOdds?: true;
  /** Whose successor stays, where the nonces do not decide. */
  readonly winner?: 'left' | 'right';
};

/** `a` is the left end, `b` the right one. */
const PLAYS: readonly Play[] = [
  {
    name: 'collision',
    story: 'both rekey, and both know it before an answer comes',
    play: (stage) => {
      crossRequests(stage, REKEYINGS.ike);
      stage.pass(stage.b, 'response', 'KE');
      stage.pass(stage.a, 'response', 'KE');
    },
  },
  {
    name: 'collision_ke_invalid',
    story: 'both guess a key exchange method that the other one does not want',
    atOdds: true,
    play: (stage) => {
      crossRequests(stage, REKEYINGS.ike);
      stage.pass(stage.b, 'response', 'N(INVALID_KE_PAYLOAD)');
      stage.pass(stage.a, 'response', 'N(INVALID_KE_PAYLOAD)');
      crossAgain(stage, REKEYINGS.ike);
      stage.pass(stage.b, 'response', 'SA');
      stage.pass(stage.a, 'response', 'SA');
    },
  },
  {
    name: 'collision_ke_invalid_delayed_retry',
    story: 'the same, and the second try of one end comes when the other one is done',
    atOdds: true,
    winner: 'right',
    play: (stage) => {
      crossRequests(stage, REKEYINGS.ike);
      stage.pass(stage.b, 'response', 'N(INVALID_KE_PAYLOAD)');
      stage.pass(stage.a, 'response', 'N(INVALID_KE_PAYLOAD)');
      stage.pass(stage.b, 'request', 'KE');
      stage.pass(stage.a, 'response', 'SA');
      stage.pass(stage.a, 'request', 'KE');
      stage.pass(stage.b, 'response', 'N(TEMPORARY_FAILURE)');
    },
  },
  {
    name: 'collision_delayed_response',
    story: 'the peer deletes what its rekeying made superfluous before its own answer comes',
    play: (stage) => {
      crossRequests(stage, REKEYINGS.ike);
      stage.pass(stage.a, 'response', 'KE');
      stage.pass(stage.b, 'request', 'D(IKE)');
      if (stage.gate.waiting.some(({ from, kind }) => from === stage.a && kind === 'response'))
        stage.pass(stage.a, 'response');
      stage.pass(stage.b, 'response', 'KE');
    },
  },
  {
    name: 'collision_dropped_request',
    story: 'the peer never sees our request',
    winner: 'right',
    play: (stage) => {
      delayRequest(stage, REKEYINGS.ike);
      stage.gate.drop({ from: stage.a, kind: 'request' });
      stage.pass(stage.b, 'request', 'D(IKE)');
      stage.pass(stage.a, 'response');
    },
  },
  {
    name: 'collision_delayed_request',
    story: 'the peer is done with its own rekeying when our request comes, and the refusal comes before its Delete',
    winner: 'right',
    play: (stage) => {
      delayRequest(stage, REKEYINGS.ike);
      stage.pass(stage.a, 'request', 'KE');
      stage.pass(stage.b, 'response', 'N(TEMPORARY_FAILURE)');
      stage.pass(stage.b, 'request', 'D(IKE)');
    },
  },
  {
    name: 'collision_delayed_request, the Delete first',
    story: 'the same, and the Delete comes before the refusal',
    winner: 'right',
    play: (stage) => {
      delayRequest(stage, REKEYINGS.ike);
      stage.pass(stage.a, 'request', 'KE');
      stage.pass(stage.b, 'request', 'D(IKE)');
      stage.pass(stage.b, 'response', 'N(TEMPORARY_FAILURE)');
    },
  },
  {
    name: 'collision_delayed_request_and_delete',
    story: 'the peer has deleted the old IKE SA when our request comes',
    winner: 'right',
    play: (stage) => {
      delayRequest(stage, REKEYINGS.ike);
      stage.pass(stage.b, 'request', 'D(IKE)');
      stage.pass(stage.a, 'response');
      stage.pass(stage.a, 'request', 'KE');
      expect(creations(stage)).toBe(2);
    },
  },
];

describe.each(PLAYS)('$name: $story', ({ play, atOdds, winner }) => {
  it.each(NONCE_ORDERS)('$name', (order: NonceOrder) => {
    const stage = new Stage({ order });
    if (atOdds === true) putAtOdds(stage);
    expectSameChild(stage, () => {
      play(stage);
      stage.gate.passAll();
      stage.expectOneOfEach();
    });
    expect(stage.ikeInitiator).toBe(winner ?? order.winner);
    for (const gateway of [stage.a, stage.b]) expect(countEvents(gateway, 'ike.rekeyed')).toBe(1);
  });
});

it('collision, slow at one end: the successor of the other end is in use while the own answer is being computed', () => {
  const order = NONCE_ORDERS.find(({ winner }) => winner === 'left');
  const stage = new Stage({ ...(order === undefined ? {} : { order }), right: { jobDelay: [SECOND, SECOND] } });
  const { a, b, gate } = stage;
  stage.rekeyIke(b);
  stage.pair.world.run(SECOND);
  stage.rekeyIke(a);
  for (const from of [a, b]) stage.pass(from, 'request', 'KE');
  stage.pair.world.run(SECOND);
  for (const from of [b, a]) stage.pass(from, 'response', 'KE');
  stage.rekeyChild(a);
  gate.pass({ from: a, says: 'N(REKEY_SA' });
  stage.pair.world.run(2 * SECOND);
  stage.expectOneOfEach();
});
