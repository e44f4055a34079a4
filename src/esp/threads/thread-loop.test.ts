import { MessageChannel } from 'node:worker_threads';
import { afterEach, describe, expect, it } from 'vitest';
import { EventFd } from '../../native/event-fd.ts';
import type { Command } from '../commands.ts';
import { ThreadLink } from '../thread-link.ts';
import { runThread, type Work } from './thread-loop.ts';

const REMOVE = (slot: number): Command => ({ kind: 'remove-sa', slot });
const STOP: Command = { kind: 'stop' };
const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

/** A loop in this thread, whose commands are there before it begins; the last of them is to stop. */
function bed() {
  const { port1, port2 } = new MessageChannel();
  const wake = EventFd.open();
  const other = EventFd.open();
  closers.push(
    () => wake.close(),
    () => other.close(),
    () => port1.close(),
  );
  const shared = new SharedArrayBuffer(4);
  const applied = new Int32Array(shared);
  const link = new ThreadLink({ port: port1, applied, wake: () => wake.signal(), patience: 10 });
  const log: string[] = [];
  const work: Work = {
    apply: (command) => {
      log.push(command.kind);
      return undefined;
    },
    settled: () => void log.push('settled'),
    ready: (index) => {
      log.push(`ready ${index}`);
      other.clear();
    },
  };
  const run = (more: Partial<Work> = {}) => {
    wake.signal();
    runThread({ commands: port2, applied: shared, wake: wake.fd }, [other.fd], { ...work, ...more });
  };
  return { link, run, log, wake, other, applied };
}

describe('the loop of a thread', () => {
  it('applies commands in order, and ends with the one to stop: what comes after it stays', () => {
    const { link, run, log, applied } = bed();
    for (const command of [REMOVE(1), { kind: 'begin' } as const, STOP, REMOVE(2)]) link.post(command);
    run();
    expect(log).toEqual(['remove-sa', 'begin', 'stop']);
    expect(applied[0]).toBe(3);
  });

  it('answers with the failures, those of what throws as well, and goes on', () => {
    const { link, run } = bed();
    link.post(REMOVE(1));
    link.post(STOP);
    run({
      apply: (command) => {
        if (command.kind === 'stop') return undefined;
        throw new RangeError('no such slot');
      },
    });
    expect(link.sync()).toEqual({ code: 'EFAULT', detail: 'no such slot' });
    expect(link.sync()).toBeUndefined();
  });

  it('looks at descriptors when they have something, after the commands, and says when all of these are done', () => {
    const { link, run, log, other, wake } = bed();
    link.post(REMOVE(1));
    link.post(REMOVE(2));
    other.signal();
    const ready = () => {
      log.push('packets');
      other.clear();
      link.post(STOP);
      wake.signal();
    };
    run({ ready });
    expect(log).toEqual(['remove-sa', 'remove-sa', 'settled', 'packets', 'stop']);
  });

  it('is woken by a signal alone', () => {
    const { link, run, log, wake } = bed();
    link.post(REMOVE(1));
    const began = performance.now();
    const settled = () => {
      link.post(STOP);
      wake.signal();
    };
    run({ settled });
    expect(log).toEqual(['remove-sa', 'stop']);
    expect(performance.now() - began).toBeLessThan(900);
  });

  it('ends with what goes wrong among packets: the control side starts it anew', () => {
    const { run, other } = bed();
    other.signal();
    const ready = () => {
      throw new Error('as you wish');
    };
    expect(() => run({ ready })).toThrow('as you wish');
  });
});
