import { describe, expect, it } from 'vitest';
import { Dice } from './dice.ts';
import { Scheduler } from './scheduler.ts';

describe('the virtual clock', () => {
  it('runs events by time, ties in the order of scheduling', () => {
    const scheduler = new Scheduler();
    const dice = new Dice(1);
    const times = Array.from({ length: 500 }, () => dice.below(50));
    const ran: { at: number; order: number }[] = [];
    times.forEach((at, order) => {
      scheduler.at(at, () => {
        ran.push({ at: scheduler.now, order });
      });
    });
    while (scheduler.step());
    const expected = times.map((at, order) => ({ at, order })).sort((a, b) => a.at - b.at || a.order - b.order);
    expect(ran).toEqual(expected);
    expect(scheduler.size).toBe(0);
  });

  it('a cancelled event does not run, and cancelling what has run changes nothing', () => {
    const scheduler = new Scheduler();
    const ran: string[] = [];
    const a = scheduler.at(1, () => ran.push('a'));
    const b = scheduler.at(2, () => ran.push('b'));
    scheduler.cancel(b);
    expect(scheduler.size).toBe(1);
    scheduler.step();
    scheduler.cancel(a);
    expect(scheduler.step()).toBe(false);
    expect(ran).toEqual(['a']);
    expect(scheduler.size).toBe(0);
  });

  it('an event in the past runs now; time never goes back', () => {
    const scheduler = new Scheduler();
    scheduler.at(10, () => {
      scheduler.at(3, () => {
        expect(scheduler.now).toBe(10);
      });
    });
    while (scheduler.step());
    scheduler.advanceTo(25);
    expect(scheduler.now).toBe(25);
  });
});
