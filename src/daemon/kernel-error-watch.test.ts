import { describe, expect, it } from 'vitest';
import { KernelErrorWatch } from './kernel-error-watch.ts';

describe('the error counters of the kernel', () => {
  it('count from the start of the daemon', () => {
    let count = 1_000;
    const watch = new KernelErrorWatch(() => new Map([['XfrmInNoStates', count]]));
    expect(watch.moved()).toEqual({});
    count += 5;
    expect(watch.moved()).toEqual({ XfrmInNoStates: 5 });
  });

  it('that have stood still for ten minutes are no news', () => {
    let count = 0;
    const watch = new KernelErrorWatch(() => new Map([['XfrmInNoStates', count]]));
    count = 5;
    for (let minute = 1; minute < 10; minute += 1) watch.note();
    expect(watch.moved()).toEqual({ XfrmInNoStates: 5 });
    watch.note();
    expect(watch.moved()).toEqual({});
  });

  it('may be missing altogether', () => {
    expect(new KernelErrorWatch(() => new Map()).moved()).toEqual({});
  });
});
