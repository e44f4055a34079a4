import { describe, expect, it } from 'vitest';
import { SECOND } from '../base/time.ts';
import { SIDES, setUp } from './collisions.ts';
import { countEvents } from './pair.ts';
import { NONCE_ORDERS, Stage } from './stage.ts';

describe.each(SIDES)('one end creates or deletes a Child SA: %s', (side) => {
  it('child_create duplicate: what is there or being made is not asked for a second time', () => {
    const { stage, a, b } = setUp(side);
    stage.pair.initiate(a);
    stage.pair.world.run(100);
    expect(stage.gate.waiting).toEqual([]);
    stage.deleteChild(a);
    stage.pass(a, 'request', 'D(ESP');
    stage.pass(b, 'response');
    for (let time = 0; time < 3; time++) stage.pair.initiate(a);
    stage.pair.world.run(100);
    stage.gate.passAll();
    stage.expectOneOfEach();
    expect(stage.said({ exchange: 'CREATE_CHILD_SA', kind: 'request' })).toBe(1);
  });

  it('child_create collision_ike_rekey: a Child SA is made while the IKE SA is rekeyed; both have to wait', () => {
    const { stage, a, b } = setUp(side);
    stage.deleteChild(a);
    stage.pass(a, 'request', 'D(ESP');
    stage.pass(b, 'response');
    stage.rekeyIke(b);
    expect(stage.pass(a, 'request').contents).toEqual(['SA', 'Nonce', 'TSi', 'TSr']);
    stage.pass(b, 'request', 'KE');
    stage.pass(b, 'response', 'N(TEMPORARY_FAILURE)');
    stage.pass(a, 'response', 'N(TEMPORARY_FAILURE)');
    stage.expectOneOfEach();
    expect(countEvents(b, 'ike.rekeyed')).toBe(1);
  });

  it('child_delete regular: the other end is told, and another Child SA is made', () => {
    const { stage, a, b } = setUp(side);
    const old = stage.childOf(b);
    stage.deleteChild(a);
    stage.pass(a, 'request', 'D(ESP');
    expect(stage.pass(b, 'response').contents).toEqual([expect.stringMatching(/^D\(ESP/)]);
    expect(b.machine.children().map(({ id }) => id)).not.toContain(old.id);
    stage.expectOneOfEach();
  });

  it('child_delete collision_drop: both delete, and one Delete is lost at first', () => {
    const { stage, a, b } = setUp(side);
    stage.deleteChild(a);
    stage.deleteChild(b);
    stage.gate.drop({ from: a, kind: 'request' });
    stage.pass(b, 'request', 'D(ESP');
    stage.pass(a, 'response');
    stage.expectOneOfEach();
  });

  it.each(['the Delete', 'the rekeying'] as const)('child_delete collision_ike_rekey: %s first', (first) => {
    const { stage, a, b } = setUp(side);
    stage.deleteChild(a);
    stage.rekeyIke(b);
    const pass = {
      'the Delete': () => stage.pass(a, 'request', 'D(ESP'),
      'the rekeying': () => stage.pass(b, 'request', 'KE'),
    };
    pass[first]();
    pass[first === 'the Delete' ? 'the rekeying' : 'the Delete']();
    stage.expectOneOfEach();
    expect(countEvents(b, 'ike.rekeyed')).toBe(1);
  });

  it('child_delete collision_ike_delete: the Delete of the IKE SA wins', () => {
    const { stage, a, b } = setUp(side);
    stage.deleteChild(a);
    stage.deleteIke(b);
    stage.pass(a, 'request', 'D(ESP');
    stage.pass(b, 'request', 'D(IKE)');
    stage.gate.passAll();
    stage.expectNothing();
  });

  it('child_rekey collision_delete: the Delete is lost for long; who rekeys asks again at its leisure', () => {
    const { stage, a, b } = setUp(side);
    stage.rekeyChild(a);
    stage.deleteChild(b);
    stage.pass(a, 'request', 'N(REKEY_SA');
    stage.pass(b, 'response', 'N(TEMPORARY_FAILURE)');
    for (let time = 0; time < 10; time++) {
      stage.pair.world.run(SECOND);
      for (let [next] = stage.gate.waiting; next !== undefined; [next] = stage.gate.waiting)
        if (next.from === b && next.kind === 'request') stage.gate.drop({ from: b, says: 'D(ESP' });
        else stage.gate.passThis(next);
    }
    const asked = stage.said({ from: a, says: 'N(REKEY_SA' });
    expect(asked).toBeGreaterThan(1);
    expect(asked).toBeLessThanOrEqual(10);
    expect(stage.said({ from: b, says: 'N(TEMPORARY_FAILURE)' })).toBe(asked);
    stage.expectOneOfEach();
  });

  it('ike_delete regular: nothing is left at either end', () => {
    const { stage, a, b } = setUp(side);
    stage.deleteIke(a);
    stage.pass(a, 'request', 'D(IKE)');
    expect(stage.pass(b, 'response').contents).toEqual([]);
    expect(stage.gate.waiting).toEqual([]);
    stage.expectNothing();
    for (const gateway of [a, b]) expect(countEvents(gateway, 'ike.closed')).toBe(1);
  });
});

describe('both ends at once', () => {
  it.each(NONCE_ORDERS)('child_delete collision: both delete the same Child SA, and $name', (order) => {
    const stage = new Stage({ order });
    stage.deleteChild(stage.a);
    stage.deleteChild(stage.b);
    stage.pass(stage.a, 'request', 'D(ESP');
    stage.pass(stage.b, 'request', 'D(ESP');
    // RFC 7296 §1.4.1: what both are deleting is not named again.
    expect(stage.pass(stage.b, 'response').contents).toEqual([]);
    expect(stage.pass(stage.a, 'response').contents).toEqual([]);
    stage.expectOneOfEach();
  });

  it('ike_delete collision: both delete the IKE SA', () => {
    const stage = new Stage();
    stage.deleteIke(stage.a);
    stage.deleteIke(stage.b);
    stage.pass(stage.a, 'request', 'D(IKE)');
    stage.pass(stage.b, 'request', 'D(IKE)');
    stage.gate.passAll();
    stage.expectNothing();
    for (const gateway of [stage.a, stage.b]) expect(countEvents(gateway, 'ike.closed')).toBe(1);
  });
});
