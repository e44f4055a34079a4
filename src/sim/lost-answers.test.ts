import { describe, expect, it } from 'vitest';
import { MINUTE, SECOND } from '../base/time.ts';
import { REKEYINGS, SIDES, setUp, WANTS } from './collisions.ts';
import type { SimGateway } from './gateway.ts';
import { countEvents } from './pair.ts';
import { hasChild, Stage } from './stage.ts';

/** Nothing gets through for so long, neither what is asked again nor what is answered. */
function cutFor(stage: Stage, time: number): void {
  for (let passed = 0; passed < time; passed += SECOND / 5) {
    stage.pair.world.run(SECOND / 5);
    stage.gate.passUnless(() => true);
  }
}

/** `a` asks for a successor of its Child SA, and `b` has made it. */
function rekeyUntilAnswered(stage: Stage, a: SimGateway, b: SimGateway): void {
  REKEYINGS.child.begin(stage, a);
  stage.pass(a, 'request', REKEYINGS.child.request);
  while (stage.gate.waiting.some(({ contents }) => contents.includes('N(ADDITIONAL_KEY_EXCHANGE)'))) {
    stage.pass(b, 'response');
    stage.pass(a, 'request');
  }
  stage.gate.drop({ from: b, kind: 'response' });
}

describe.each(SIDES)('RFC 7296 §2.8: who has answered a rekeying sends through the old Child SA: %s asks', (side) => {
  it.each([
    ['one exchange', {}],
    ['additional key exchanges', { tunnel: WANTS.always }],
  ])('however long the answer takes to arrive, with %s', (_, options) => {
    const { stage, a, b } = setUp(side, options);
    rekeyUntilAnswered(stage, a, b);
    cutFor(stage, 12 * SECOND);
    stage.expectOneOfEach();
    for (const end of [a, b]) expect(countEvents(end, 'child.rekeyed')).toBe(1);
  });

  it('until it has ended in the data plane: then the new one is all there is', () => {
    const { stage, a, b } = setUp(side);
    const old = stage.childOf(b);
    rekeyUntilAnswered(stage, a, b);
    stage.traffic.stop();
    b.kernel.expire(old.inbound);
    stage.pair.world.run(10);
    expect(b.machine.children()).toMatchObject([{ state: 'installed', sends: true }]);
    stage.expectOneOfEach();
  });
});

describe('where the peer has the new Child SA and never deletes the old one', () => {
  it.each([
    ['packets of the peer come in through the new one within seconds', 'steady', 6 * SECOND],
    ['nothing comes in within a minute or so', 'silent', MINUTE + SECOND],
  ])('it is changed over to when %s', (_, traffic, time) => {
    const { stage, a, b } = setUp('left');
    if (traffic === 'silent') stage.traffic.stop();
    REKEYINGS.child.begin(stage, a);
    stage.pass(a, 'request', REKEYINGS.child.request);
    stage.pass(b, 'response');
    cutFor(stage, time - SECOND * 2);
    const before = countEvents(b, 'child.rekeyed');
    cutFor(stage, SECOND * 2);
    expect([before, countEvents(b, 'child.rekeyed')]).toEqual([0, 1]);
    stage.expectOneOfEach();
  });
});

describe('RFC 7296 §1.4.1: an IKE SA in whose place there is a new one ends when the peer has answered the Delete', () => {
  it('and what the peer sends through its Child SA until then is let in, though the Delete is lost several times', () => {
    const stage = new Stage({ left: { policy: { reauthenticate: true } } });
    const { a, b, gate } = stage;
    const old = stage.childOf(a);
    stage.rekeyIke(a);
    for (const exchange of ['IKE_SA_INIT', 'IKE_AUTH']) for (const from of [a, b]) gate.pass({ from, exchange });
    expect(countEvents(a, 'child.rekeyed')).toBe(1);
    cutFor(stage, 10 * SECOND);
    expect(stage.childOf(b).outbound).toEqual(old.inbound);
    stage.expectOneOfEach();
    expect(hasChild(a, old)).toBe(false);
  });
});
