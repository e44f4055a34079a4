import { describe, expect, it } from 'vitest';
import { HOUR, MINUTE } from '../base/time.ts';
import { ClockWatch } from './clock-watch.ts';

/** A watch over clocks that start together; `pass` lets both go on, `set` changes the date alone. */
function clocks() {
  const now = { mono: 0, wall: 1_800_000_000_000 };
  const watch = new ClockWatch(() => ({ ...now }));
  return {
    watch,
    pass: (duration: number) => {
      now.mono += duration;
      now.wall += duration;
    },
    set: (by: number) => {
      now.wall += by;
    },
  };
}

describe('the watch over the clock', () => {
  it('tells that the date was put forward or back, and by how much', () => {
    for (const by of [HOUR, -HOUR]) {
      const { watch, pass, set } = clocks();
      pass(MINUTE);
      set(by);
      expect(watch.stepped()).toBe(by);
    }
  });

  it('says nothing of a clock that goes on, or is kept right a little at a time', () => {
    const { watch, pass, set } = clocks();
    for (let minute = 0; minute < 30; minute += 1) {
      pass(MINUTE);
      set(30);
      watch.note();
      expect(watch.stepped()).toBeUndefined();
    }
  });

  it('takes what was set more than ten minutes ago for no news', () => {
    const { watch, pass, set } = clocks();
    set(HOUR);
    for (let minute = 1; minute < 10; minute += 1) {
      pass(MINUTE);
      watch.note();
    }
    expect(watch.stepped()).toBe(HOUR);
    watch.note();
    expect(watch.stepped()).toBeUndefined();
  });
});
