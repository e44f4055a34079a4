import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Alarm } from './timers.ts';
import { Timers } from './timers.ts';

/** A clock that moves only when told, with the alarm on it. */
class FakeTime implements Alarm {
  now = 0;
  sets = 0;
  #alarm: { readonly at: number; readonly callback: () => void } | undefined;

  set(delay: number, callback: () => void): void {
    this.sets++;
    this.#alarm = { at: this.now + delay, callback };
  }

  clear(): void {
    this.#alarm = undefined;
  }

  get armed(): boolean {
    return this.#alarm !== undefined;
  }

  advanceTo(time: number): void {
    while (this.#alarm !== undefined && this.#alarm.at <= time) {
      const { at, callback } = this.#alarm;
      this.#alarm = undefined;
      this.now = Math.max(this.now, at);
      callback();
    }
    this.now = time;
  }
}

function setUp(onFire: (key: string, timers: Timers) => void = () => undefined) {
  const time = new FakeTime();
  const fired: [string, number][] = [];
  const timers: Timers = new Timers({
    now: () => time.now,
    alarm: time,
    fire: (key) => {
      fired.push([key, time.now]);
      onFire(key, timers);
    },
  });
  return { time, timers, fired };
}

describe('timers', () => {
  it('fire at their times, in order', () => {
    const { time, timers, fired } = setUp();
    timers.set('late', 30);
    timers.set('early', 10);
    timers.set('middle', 20);
    time.advanceTo(25);
    expect(fired).toEqual([
      ['early', 10],
      ['middle', 20],
    ]);
    time.advanceTo(30);
    expect(fired.at(-1)).toEqual(['late', 30]);
    expect(time.armed).toBe(false);
  });

  it('equal times fire in the order in which they were set, also after being set again', () => {
    const { time, timers, fired } = setUp();
    for (const key of ['a', 'b', 'c']) timers.set(key, 5);
    timers.set('a', 5);
    time.advanceTo(5);
    expect(fired.map(([key]) => key)).toEqual(['b', 'c', 'a']);
  });

  it('setting a key again replaces its time, to earlier and to later', () => {
    const { time, timers, fired } = setUp();
    timers.set('a', 50);
    timers.set('a', 10);
    timers.set('b', 10);
    timers.set('b', 50);
    time.advanceTo(100);
    expect(fired).toEqual([
      ['a', 10],
      ['b', 50],
    ]);
  });

  it('a timer that an earlier one of the same moment clears does not fire', () => {
    const { time, timers, fired } = setUp((key, all) => key === 'first' && all.clear('second'));
    timers.set('first', 5);
    timers.set('second', 5);
    time.advanceTo(10);
    expect(fired.map(([key]) => key)).toEqual(['first']);
  });

  it('a time in the past fires at the next alarm, not within `set`', () => {
    const { time, timers, fired } = setUp();
    time.advanceTo(100);
    timers.set('overdue', 1);
    expect(fired).toEqual([]);
    time.advanceTo(100);
    expect(fired).toEqual([['overdue', 100]]);
  });

  it('a timer that renews itself for now waits for the next alarm, so that the loop gets its turn', () => {
    let rounds = 0;
    const time = new FakeTime();
    const timers: Timers = new Timers({
      now: () => time.now,
      alarm: time,
      fire: (key) => {
        if (++rounds < 10) timers.set(key, time.now);
      },
    });
    timers.set('again', 0);
    const setsBefore = time.sets;
    time.advanceTo(0);
    expect(rounds).toBe(10);
    expect(time.sets - setsBefore).toBe(9);
  });

  it('an exception in one timer leaves the others set', () => {
    const { time, timers, fired } = setUp((key) => {
      if (key === 'bad') throw new Error('bad');
    });
    timers.set('bad', 1);
    timers.set('good', 1);
    expect(() => time.advanceTo(1)).toThrow('bad');
    time.advanceTo(1);
    expect(fired.map(([key]) => key)).toEqual(['bad', 'good']);
  });

  it('clearing all leaves no alarm behind', () => {
    const { time, timers } = setUp();
    timers.set('a', 1);
    timers.clearAll();
    expect(time.armed).toBe(false);
    expect(timers.size).toBe(0);
  });

  it('fire as a naive list of timers would, whatever is set, replaced and cleared', () => {
    const operation = fc.record({
      key: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'),
      at: fc.option(fc.nat(40)),
      step: fc.nat(4),
    });
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 200 }), (operations) => {
        const { time, timers, fired } = setUp();
        const naive = new Map<string, { at: number; order: number }>();
        const expected: string[] = [];
        const advance = (to: number) => {
          time.advanceTo(to);
          const due = [...naive].filter(([, { at }]) => at <= to);
          due.sort(([, a], [, b]) => a.at - b.at || a.order - b.order);
          for (const [key] of due) {
            naive.delete(key);
            expected.push(key);
          }
        };
        for (const [order, { key, at, step }] of operations.entries()) {
          if (at === null) {
            timers.clear(key);
            naive.delete(key);
          } else {
            timers.set(key, time.now + at);
            naive.set(key, { at: time.now + at, order });
          }
          advance(time.now + step);
          expect(timers.size).toBe(naive.size);
        }
        advance(time.now + 100);
        expect(fired.map(([key]) => key)).toEqual(expected);
      }),
    );
  });
});

describe('timers on the event loop', () => {
  afterEach(() => void vi.useRealTimers());

  it('wait longer than setTimeout can', () => {
    vi.useFakeTimers();
    const fired: string[] = [];
    const timers = new Timers({ now: () => performance.now(), fire: (key) => fired.push(key) });
    const fiftyDays = 50 * 24 * 3_600_000;
    timers.set('yearly', performance.now() + fiftyDays);
    vi.advanceTimersByTime(fiftyDays - 1_000);
    expect(fired).toEqual([]);
    vi.advanceTimersByTime(2_000);
    expect(fired).toEqual(['yearly']);
  });
});
