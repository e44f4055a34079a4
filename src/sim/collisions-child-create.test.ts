import { describe, expect, it } from 'vitest';
import { SECOND } from '../base/time.ts';
import { Stage } from './stage.ts';

const LOW = 0x01;
const MIDDLE = 0x80;
const HIGH = 0xfe;

/** Both have lost their Child SA and ask for another one. The request of `b` waits; that of `a` has been answered. */
function bothAsk(before: number): Stage {
  const stage = new Stage();
  const { a, b } = stage;
  a.entropy.leads = { initiating: before, responding: HIGH };
  b.entropy.leads = { initiating: MIDDLE, responding: HIGH };
  stage.deleteChild(a);
  stage.deleteChild(b);
  for (const from of [a, b]) stage.pass(from, 'request', 'D(');
  for (const from of [a, b]) stage.pass(from, 'response');
  stage.pass(a, 'request', 'SA');
  stage.pass(b, 'response', 'SA');
  return stage;
}

const ORDERS = [
  { before: HIGH, after: LOW, story: 'the successor would lose, what it replaces would win' },
  { before: LOW, after: HIGH, story: 'the successor would win, what it replaces would lose' },
];

describe('both ends ask for the same Child SA anew', () => {
  it.each(ORDERS)('one is rekeyed before the other request arrives: $story', ({ before, after }) => {
    const stage = bothAsk(before);
    const { a, b } = stage;
    a.entropy.leads = { initiating: after, responding: HIGH };
    stage.rekeyChild(a);
    stage.pass(a, 'request', 'N(REKEY_SA');
    stage.pass(b, 'response', 'SA');
    stage.pass(a, 'request', 'D(');
    stage.pass(b, 'response', 'D(');
    stage.pass(b, 'request', 'SA');
    stage.pass(a, 'response', 'SA');
    stage.expectOneOfEach();
    expect(stage.childInitiator).toBe(after < MIDDLE ? 'right' : 'left');
  });

  it.each(ORDERS)('one is being rekeyed when the other request arrives: $story', ({ before, after }) => {
    const stage = bothAsk(before);
    const { a, b } = stage;
    a.entropy.leads = { initiating: after, responding: HIGH };
    stage.rekeyChild(a);
    stage.pass(b, 'request', 'SA');
    stage.pass(a, 'request', 'N(REKEY_SA');
    stage.pass(a, 'response', 'N(TEMPORARY_FAILURE');
    stage.pass(b, 'response', 'SA');
    stage.expectOneOfEach();
    expect(stage.childInitiator).toBe('left');
  });

  it.each(ORDERS)('one is due while the peer does not know which of the two stays: $story', ({ before, after }) => {
    const stage = bothAsk(before);
    const { a, b } = stage;
    const own = stage.childOf(a);
    a.entropy.leads = { initiating: after, responding: HIGH };
    stage.pass(b, 'request', 'SA');
    stage.gate.drop({ from: a, kind: 'response' });
    stage.rekeyChild(a, own);
    expect(stage.gate.waiting.filter(({ from, contents }) => from === a && contents.includes('SA'))).toEqual([]);
    stage.expectOneOfEach();
    expect(stage.childInitiator).toBe(before < MIDDLE ? 'right' : 'left');
  });

  it('the answer that tells which of the two stays is lost for long, and other things are refused meanwhile', () => {
    const stage = bothAsk(LOW);
    const { a, b } = stage;
    stage.pass(b, 'request', 'SA');
    stage.gate.drop({ from: a, kind: 'response' });
    stage.rekeyIke(a);
    stage.pass(a, 'request', 'KE');
    stage.pass(b, 'response', 'N(TEMPORARY_FAILURE)');
    // Longer than the longest wait of the peer between two repetitions, of which one is lost as well.
    for (let time = 0; time < 25 * SECOND; time += SECOND) {
      stage.pair.world.run(SECOND);
      stage.gate.passUnless(({ from, kind }) => from === b && kind === 'request');
    }
    stage.expectOneOfEach();
    expect(stage.childInitiator).toBe('right');
  });

  it('the end whose Child SA is to go knows that first, and keeps it until the other one has its answer', () => {
    const stage = new Stage();
    const { a, b, gate } = stage;
    a.entropy.leads = { initiating: HIGH, responding: HIGH };
    b.entropy.leads = { initiating: LOW, responding: HIGH };
    stage.deleteChild(a);
    stage.deleteChild(b);
    for (const from of [a, b]) stage.pass(from, 'request', 'D(');
    for (const from of [a, b]) stage.pass(from, 'response');
    for (const from of [a, b]) stage.pass(from, 'request', 'SA');
    for (let time = 0; time < 3 * SECOND; time += SECOND / 2) {
      gate.passUnless(({ from, contents }) => from === b && contents.includes('SA'));
      stage.pair.world.run(SECOND / 2);
      expect(stage.pair.exchangePackets()[0]).toBe('delivered');
    }
    stage.expectOneOfEach();
    expect(stage.childInitiator).toBe('left');
  });
});
