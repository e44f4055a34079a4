import { describe, expect, it } from 'vitest';
import { Counters, DROPS, SLOTS } from './counters.ts';

describe('what is counted', () => {
  it('is seen by all that share the memory', () => {
    const counters = new Counters();
    const other = new Counters(counters.buffer);
    counters.count(5, 1_400, 1_000);
    counters.count(5, 100, 2_000);
    counters.drop('XfrmInNoStates', 3);
    expect([other.packets(5), other.bytes(5), other.lastUsedAt(5)]).toEqual([2, 1_500, 2_000]);
    expect([...other.drops()]).toEqual([['XfrmInNoStates', 3]]);
  });

  it('is that of a slot alone, and begins anew with it', () => {
    const counters = new Counters();
    for (const slot of [0, 1, 2, SLOTS - 1]) counters.count(slot, slot + 1, 1_000);
    for (const why of DROPS) counters.drop(why);
    counters.clear(1);
    expect([counters.packets(1), counters.bytes(1), counters.lastUsedAt(1)]).toEqual([0, 0, undefined]);
    expect([0, 2, SLOTS - 1].map((slot) => counters.bytes(slot))).toEqual([1, 3, SLOTS]);
    counters.clear(SLOTS - 1);
    expect([...counters.drops().values()]).toEqual(DROPS.map(() => 1));
  });

  it('goes on beyond what 32 bits hold', () => {
    const counters = new Counters();
    for (let count = 0; count < 3; count++) counters.count(7, 2 ** 32, 1);
    expect(counters.bytes(7)).toBe(3 * 2 ** 32);
  });

  it('nothing of slots that there are not', () => {
    const counters = new Counters();
    expect([counters.packets(SLOTS * 2), counters.bytes(SLOTS * 2), counters.lastUsedAt(SLOTS * 2)]).toEqual([
      0,
      0,
      undefined,
    ]);
  });
});
