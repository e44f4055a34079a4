import { describe, expect, it } from 'vitest';
import { Stage } from './stage.ts';

const LOW = 0x01;
const MIDDLE = 0x80;
const HIGH = 0xfe;

describe('both ends ask for the same Child SA anew', () => {
  it.each([
    { before: HIGH, after: LOW, story: 'what it was replaced by loses, though itself it would have won' },
    { before: LOW, after: HIGH, story: 'what it was replaced by wins, though itself it would have lost' },
  ])('and one of the two is rekeyed before the other request arrives: $story', ({ before, after }) => {
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
});
