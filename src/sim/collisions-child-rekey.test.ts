import { describe, expect, it } from 'vitest';
import { MINUTE, SECOND } from '../base/time.ts';
import type { ChildSaView } from '../ike/common/view.ts';
import { SWITCH_TIME } from '../ike/v2/child-switch.ts';
import { crossAgain, crossRequests, delayRequest, REKEYINGS, SIDES, setUp } from './collisions.ts';
import type { SimGateway } from './gateway.ts';
import { countEvents } from './pair.ts';
import type { NonceOrder } from './stage.ts';
import { hasChild, NONCE_ORDERS, Stage } from './stage.ts';
import { CHEAP_ESP } from './tunnels.ts';

/** Each end guesses what the IKE SA has been made with, and prefers another method: a first guess is always wrong. */
const AT_ODDS = {
  tunnel: { childProposals: [{ ...CHEAP_ESP, keyExchange: ['ecp256', 'curve25519'] }] },
} as const;

/** `a` has its successor and has not yet deleted the old Child SA at `b`. */
function rekeyedWithoutDelete(stage: Stage, a: SimGateway): { readonly old: ChildSaView } {
  const b = stage.other(a);
  const old = stage.childOf(a);
  stage.rekeyChild(a);
  stage.pass(a, 'request', 'N(REKEY_SA');
  stage.pass(b, 'response');
  expect(stage.gate.waiting.map(({ contents }) => contents[0])).toEqual([expect.stringMatching(/^D\(ESP/)]);
  return { old };
}

const creations = (stage: Stage, from?: SimGateway) =>
  stage.said({ exchange: 'CREATE_CHILD_SA', kind: 'request', ...(from === undefined ? {} : { from }) });

function counterpart(of: SimGateway, child: ChildSaView): ChildSaView {
  const found = of.machine.children().find(({ outbound }) => outbound.spi === child.inbound.spi);
  if (found === undefined) throw new Error(`${of.name} has no counterpart of ${child.id}`);
  return found;
}

describe.each(SIDES)('one end rekeys a Child SA: %s', (side) => {
  it('regular: two exchanges, one successor', () => {
    const { stage, a, b } = setUp(side);
    const { old } = rekeyedWithoutDelete(stage, a);
    stage.pass(a, 'request', 'D(ESP');
    stage.pass(b, 'response', 'D(ESP');
    expect(stage.gate.waiting).toEqual([]);
    stage.expectOneOfEach();
    expect(stage.childInitiator).toBe(a.name);
    expect(hasChild(a, old)).toBe(false);
    for (const gateway of [a, b]) expect(countEvents(gateway, 'child.rekeyed')).toBe(1);
  });

  it('regular_ke_invalid: the peer asks for another key exchange method and gets it', () => {
    const { stage, a, b } = setUp(side, AT_ODDS);
    stage.rekeyChild(a);
    stage.pass(a, 'request', 'KE');
    stage.pass(b, 'response', 'N(INVALID_KE_PAYLOAD)');
    stage.pass(a, 'request', 'KE');
    stage.pass(b, 'response', 'KE');
    stage.expectOneOfEach();
    expect(creations(stage)).toBe(2);
    expect(stage.childInitiator).toBe(a.name);
  });

  it('responder_ignore_soft_expire: no second rekeying while the responder waits for the Delete', () => {
    const { stage, a, b } = setUp(side);
    const { old } = rekeyedWithoutDelete(stage, a);
    const theirs = counterpart(b, old);
    b.fire(`sas:net:rekey-${theirs.id}`);
    b.kernel.report({ kind: 'expire', sa: theirs.inbound, hard: false });
    stage.pair.world.run(100);
    expect(stage.gate.waiting.filter(({ from }) => from === b)).toEqual([]);
    stage.expectOneOfEach();
    expect(creations(stage)).toBe(1);
  });

  it('responder_handle_hard_expire: both delete the old one, and the successor stays', () => {
    const { stage, a, b } = setUp(side);
    const { old } = rekeyedWithoutDelete(stage, a);
    stage.deleteChild(b, counterpart(b, old));
    stage.gate.passAll();
    stage.expectOneOfEach();
    expect(creations(stage)).toBe(1);
  });

  it('responder_delete: the responder deletes the new one before the old one is deleted', () => {
    const { stage, a, b } = setUp(side);
    rekeyedWithoutDelete(stage, a);
    const fresh = stage.childOf(a);
    stage.deleteChild(b, counterpart(b, fresh));
    stage.pass(b, 'request', 'D(ESP');
    stage.gate.passAll();
    stage.expectOneOfEach();
    expect(hasChild(a, fresh)).toBe(false);
  });

  it('responder_lost_sa: the responder does not know the Child SA, and a new one is made', () => {
    const { stage, a, b } = setUp(side);
    const old = stage.childOf(a);
    stage.lose(b);
    stage.rekeyChild(a);
    stage.pass(a, 'request', 'N(REKEY_SA');
    stage.pass(b, 'response', 'N(CHILD_SA_NOT_FOUND');
    expect(stage.pass(a, 'request').contents).toEqual(['SA', 'Nonce', 'TSi', 'TSr']);
    stage.expectOneOfEach();
    expect(hasChild(a, old)).toBe(false);
  });

  it('responder_incorrect_delete: the responder deletes the old one itself, ahead of its answer', () => {
    const { stage, a, b } = setUp(side);
    const old = stage.childOf(a);
    stage.rekeyChild(a);
    stage.pass(a, 'request', 'N(REKEY_SA');
    stage.deleteChild(b, counterpart(b, old));
    stage.pass(b, 'request', 'D(ESP');
    stage.pass(b, 'response', 'SA');
    stage.expectOneOfEach();
    expect(creations(stage)).toBe(1);
    expect(stage.childInitiator).toBe(a.name);
  });

  it('delete_timeout: the Delete is never answered, and no Child SA ends twice', () => {
    const { stage, a, b } = setUp(side);
    rekeyedWithoutDelete(stage, a);
    stage.traffic.stop();
    for (let time = 0; time < 14; time++) {
      stage.pair.world.run(MINUTE);
      while (stage.gate.waiting.length > 0) stage.gate.drop({});
    }
    expect([a, b].map(({ machine }) => machine.views())).toEqual([[], []]);
    stage.expectNothing();
    stage.pair.connect();
  });

  it('collision_delete: one end rekeys what the other one deletes', () => {
    const { stage, a, b } = setUp(side);
    stage.rekeyChild(a);
    stage.deleteChild(b);
    stage.pass(a, 'request', 'N(REKEY_SA');
    stage.pass(b, 'request', 'D(ESP');
    stage.pass(b, 'response', 'N(TEMPORARY_FAILURE)');
    stage.pass(a, 'response');
    stage.expectOneOfEach();
    expect(stage.said({ says: 'N(REKEY_SA' })).toBe(1);
  });

  it('collision_delete: the same, and the refusal comes before the Delete', () => {
    const { stage, a, b } = setUp(side);
    stage.rekeyChild(a);
    stage.deleteChild(b);
    stage.pass(a, 'request', 'N(REKEY_SA');
    stage.pass(b, 'response', 'N(TEMPORARY_FAILURE)');
    stage.pass(b, 'request', 'D(ESP');
    stage.expectOneOfEach();
    expect(stage.said({ says: 'N(REKEY_SA' })).toBe(1);
  });

  it('collision_delete_drop_delete: the Delete is lost at first', () => {
    const { stage, a, b } = setUp(side);
    stage.rekeyChild(a);
    stage.deleteChild(b);
    stage.gate.drop({ from: b, says: 'D(ESP' });
    stage.pass(a, 'request', 'N(REKEY_SA');
    stage.pass(b, 'response', 'N(TEMPORARY_FAILURE)');
    stage.expectOneOfEach();
    expect(stage.said({ says: 'N(REKEY_SA' })).toBe(1);
  });

  it('collision_delete_drop_rekey: the request for the rekeying is lost at first', () => {
    const { stage, a, b } = setUp(side);
    stage.rekeyChild(a);
    stage.deleteChild(b);
    stage.gate.drop({ from: a, says: 'N(REKEY_SA' });
    stage.pass(b, 'request', 'D(ESP');
    stage.pass(a, 'response');
    stage.expectOneOfEach();
  });

  it('collision_delete_delayed_response: the new one is deleted before the answer tells of it', () => {
    const { stage, a, b } = setUp(side);
    stage.rekeyChild(a);
    stage.pass(a, 'request', 'N(REKEY_SA');
    const fresh = b.machine.children().find(({ state }) => state === 'installing');
    if (fresh === undefined) return stage.pair.world.fail('no successor is being made');
    stage.deleteChild(b, fresh);
    stage.pass(b, 'request', 'D(ESP');
    stage.pass(b, 'response', 'SA');
    stage.gate.passAll();
    stage.expectOneOfEach();
    expect(stage.pair.left.machine.children().some(({ outbound }) => outbound.spi === fresh.inbound.spi)).toBe(false);
  });

  it('collision_ike_rekey: the other end rekeys the IKE SA, and both have to wait', () => {
    const { stage, a, b } = setUp(side);
    stage.rekeyChild(a);
    stage.rekeyIke(b);
    stage.pass(a, 'request', 'N(REKEY_SA');
    stage.pass(b, 'request', 'KE');
    stage.pass(b, 'response', 'N(TEMPORARY_FAILURE)');
    stage.pass(a, 'response', 'N(TEMPORARY_FAILURE)');
    stage.expectOneOfEach();
    expect(countEvents(a, 'child.rekeyed')).toBe(1);
    expect(countEvents(a, 'ike.rekeyed')).toBe(1);
  });

  it.each(['request', 'Delete'] as const)(
    'collision_ike_delete: the Delete of the IKE SA wins, the %s first',
    (first) => {
      const { stage, a, b } = setUp(side);
      stage.rekeyChild(a);
      stage.deleteIke(b);
      if (first === 'request') stage.pass(a, 'request', 'N(REKEY_SA');
      stage.pass(b, 'request', 'D(IKE)');
      stage.expectNothing();
      expect(countEvents(a, 'child.rekeyed')).toBe(0);
    },
  );
});

type Play = {
  readonly name: string;
  readonly story: string;
  readonly play: (stage: Stage, order: NonceOrder) => void;
  readonly options?: ConstructorParameters<typeof Stage>[0];
  /** Whose successor stays: the nonces decide, or only one end makes one. */
  readonly winner?: 'left' | 'right' | 'either';
};

/** `a` is the left end, `b` the right one. */
const PLAYS: readonly Play[] = [
  {
    name: 'collision',
    story: 'both rekey, and both know it before an answer comes',
    play: (stage) => {
      crossRequests(stage, REKEYINGS.child);
      stage.pass(stage.b, 'response', 'SA');
      stage.pass(stage.a, 'response', 'SA');
    },
  },
  {
    name: 'collision_delayed_response',
    story: 'the peer deletes what its rekeying made superfluous before its own answer comes',
    play: (stage) => {
      crossRequests(stage, REKEYINGS.child);
      stage.pass(stage.a, 'response', 'SA');
      stage.pass(stage.b, 'request', 'D(ESP');
      stage.pass(stage.a, 'response');
      stage.pass(stage.b, 'response', 'SA');
    },
  },
  {
    name: 'collision, one way cut',
    story: 'nothing of one end comes through until the other one would have changed over to what it has made',
    play: (stage) => {
      crossRequests(stage, REKEYINGS.child);
      stage.pass(stage.b, 'response', 'SA');
      for (let time = 0; time < SWITCH_TIME + SECOND; time += 200) {
        stage.pair.world.run(200);
        for (const message of stage.gate.waiting.filter(({ from }) => from === stage.b)) stage.gate.passThis(message);
      }
      stage.pass(stage.a, 'request', 'D(ESP');
      stage.pass(stage.a, 'response', 'SA');
    },
  },
  {
    name: 'collision_delayed_response_delete',
    story: 'the old one and the peer’s new one are both deleted before its own answer comes',
    winner: 'either',
    play: (stage) => {
      crossRequests(stage, REKEYINGS.child);
      stage.pass(stage.a, 'response', 'SA');
      stage.pass(stage.b, 'request', 'D(ESP');
      stage.pass(stage.a, 'response');
      for (const child of stage.b.machine.children().filter(({ state }) => state === 'installed'))
        stage.deleteChild(stage.b, child);
      if (stage.gate.waiting.some(({ from, kind }) => from === stage.b && kind === 'request'))
        stage.pass(stage.b, 'request');
      stage.pass(stage.b, 'response', 'SA');
    },
  },
  {
    name: 'collision_delayed_request',
    story: 'the peer is done with its own rekeying when our request comes, and the refusal comes before its Delete',
    winner: 'right',
    play: (stage) => {
      delayRequest(stage, REKEYINGS.child);
      stage.pass(stage.a, 'request', 'N(REKEY_SA');
      stage.pass(stage.b, 'response', 'N(TEMPORARY_FAILURE)');
      stage.pass(stage.b, 'request', 'D(ESP');
    },
  },
  {
    name: 'collision_delayed_request, the Delete first',
    story: 'the same, and the Delete comes before the refusal',
    winner: 'right',
    play: (stage) => {
      delayRequest(stage, REKEYINGS.child);
      stage.pass(stage.a, 'request', 'N(REKEY_SA');
      stage.pass(stage.b, 'request', 'D(ESP');
      stage.pass(stage.b, 'response', 'N(TEMPORARY_FAILURE)');
    },
  },
  {
    name: 'collision_delayed_request_more',
    story: 'the peer has deleted the old one when our request comes',
    winner: 'right',
    play: (stage) => {
      delayRequest(stage, REKEYINGS.child);
      stage.pass(stage.b, 'request', 'D(ESP');
      stage.pass(stage.a, 'response', 'D(ESP');
      stage.pass(stage.a, 'request', 'N(REKEY_SA');
      stage.pass(stage.b, 'response', 'N(CHILD_SA_NOT_FOUND');
      expect(creations(stage, stage.a)).toBe(1);
    },
  },
  {
    name: 'collision_delayed_request_more_delete',
    story: 'the peer has deleted the old one and the new one when our request comes',
    winner: 'either',
    play: (stage) => {
      delayRequest(stage, REKEYINGS.child);
      stage.pass(stage.b, 'request', 'D(ESP');
      stage.pass(stage.a, 'response', 'D(ESP');
      stage.deleteChild(stage.b);
      stage.pass(stage.b, 'request', 'D(ESP');
      stage.pass(stage.a, 'response', 'D(ESP');
      stage.pass(stage.a, 'request', 'N(REKEY_SA');
      stage.pass(stage.b, 'response', 'N(CHILD_SA_NOT_FOUND');
    },
  },
  {
    name: 'collision_ke_invalid',
    story: 'both guess a key exchange method that the other one does not want',
    options: AT_ODDS,
    winner: 'either',
    play: (stage) => {
      crossRequests(stage, REKEYINGS.child);
      stage.pass(stage.b, 'response', 'N(INVALID_KE_PAYLOAD)');
      stage.pass(stage.a, 'response', 'N(INVALID_KE_PAYLOAD)');
      crossAgain(stage, REKEYINGS.child);
      stage.pass(stage.b, 'response', 'SA');
      stage.pass(stage.a, 'response', 'SA');
    },
  },
  {
    name: 'collision_ke_invalid_delayed_retry',
    story: 'the same, and the second try of one end comes when the other one is done',
    options: AT_ODDS,
    winner: 'right',
    play: (stage) => {
      crossRequests(stage, REKEYINGS.child);
      stage.pass(stage.b, 'response', 'N(INVALID_KE_PAYLOAD)');
      stage.pass(stage.a, 'response', 'N(INVALID_KE_PAYLOAD)');
      stage.pass(stage.b, 'request', 'N(REKEY_SA');
      stage.pass(stage.a, 'response', 'SA');
      stage.pass(stage.a, 'request', 'N(REKEY_SA');
      stage.pass(stage.b, 'response', 'N(TEMPORARY_FAILURE)');
    },
  },
  {
    name: 'collision_responder_incorrect_delete',
    story: 'the peer deletes the old one itself, ahead of its answer',
    winner: 'either',
    play: (stage) => {
      const old = stage.childOf(stage.b);
      crossRequests(stage, REKEYINGS.child);
      stage.deleteChild(stage.b, old);
      stage.pass(stage.a, 'response', 'SA');
      stage.pass(stage.b, 'request', 'D(ESP');
      stage.pass(stage.b, 'response', 'SA');
    },
  },
];

describe.each(PLAYS)('$name: $story', ({ play, options, winner }) => {
  it.each(NONCE_ORDERS)('$name', (order) => {
    const stage = new Stage({ ...options, order });
    play(stage, order);
    stage.gate.passAll();
    stage.expectOneOfEach();
    if (winner === 'either') return;
    expect(stage.childInitiator).toBe(winner ?? order.winner);
    for (const gateway of [stage.a, stage.b]) expect(countEvents(gateway, 'child.rekeyed')).toBe(1);
  });
});
