import { describe, expect, it } from 'vitest';
import type { Command, NumberedFailure } from './commands.ts';
import { ThreadLink } from './thread-link.ts';

const HELLO: Command = { kind: 'begin' };

/** A thread that applies what it was sent when it is woken, as far as it is `able`. */
function bed({ able = true, failures = [] as NumberedFailure[] } = {}) {
  const applied = new Int32Array(new SharedArrayBuffer(4));
  const sent: Command[] = [];
  let wakes = 0;
  const thread = { able };
  const link = new ThreadLink({
    port: { postMessage: (command: Command) => void sent.push(command) },
    applied,
    wake: () => {
      wakes++;
      if (thread.able) Atomics.store(applied, 0, sent.length);
    },
    receive: () => failures.shift(),
    patience: 20,
  });
  return { link, sent, thread, wakes: () => wakes };
}

describe('the link to a thread', () => {
  it('waits until a command is applied', () => {
    const { link, sent, wakes } = bed();
    expect(link.call(HELLO)).toBeUndefined();
    expect(sent).toEqual([HELLO]);
    expect(wakes()).toBe(1);
  });

  it('does not wait for what is only posted, and catches up with it at once', () => {
    const { link, sent, wakes } = bed();
    link.post(HELLO);
    link.post(HELLO);
    expect(wakes()).toBe(0);
    expect(link.sync()).toBeUndefined();
    expect([sent.length, wakes()]).toEqual([2, 1]);
  });

  it('does not wake a thread that has nothing to do', () => {
    const { link, wakes } = bed();
    expect(link.sync()).toBeUndefined();
    expect(wakes()).toBe(0);
  });

  it('tells the last failure, and each only once', () => {
    const failures = [
      { command: 1, code: 'EEXIST' },
      { command: 2, code: 'ENOSPC', detail: 'full' },
    ];
    const { link } = bed({ failures });
    link.post(HELLO);
    expect(link.call(HELLO)).toMatchObject({ code: 'ENOSPC', detail: 'full' });
    expect(link.call(HELLO)).toBeUndefined();
  });

  it('gives up on a thread that is stuck', () => {
    expect(bed({ able: false }).link.call(HELLO)).toMatchObject({ code: 'ETIMEDOUT' });
  });

  it('waits for one that is stuck once, not with each command', () => {
    const { link, thread } = bed({ able: false });
    const started = performance.now();
    for (let count = 0; count < 50; count++) expect(link.call(HELLO)).toMatchObject({ code: 'ETIMEDOUT' });
    expect(performance.now() - started).toBeLessThan(50 * 20);
    thread.able = true;
    expect(link.call(HELLO)).toBeUndefined();
  });

  it('does not take the failure of a command that it gave up on for that of the next', () => {
    const failures: NumberedFailure[] = [];
    const { link, thread } = bed({ able: false, failures });
    link.call(HELLO);
    thread.able = true;
    failures.push({ command: 1, code: 'EEXIST' });
    expect(link.call(HELLO)).toBeUndefined();
    failures.push({ command: 3, code: 'ENOSPC' });
    expect(link.call(HELLO)).toEqual({ code: 'ENOSPC' });
  });
});
