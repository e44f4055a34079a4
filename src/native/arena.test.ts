import { describe, expect, it } from 'vitest';
import { createArena } from './arena.ts';
import { EAGAIN } from './errno.ts';
import { EventFd } from './event-fd.ts';
import { readInto, writeFrom } from './packet-calls.ts';
import { POLLOUT, PollSet } from './poll-set.ts';

const EBADF = 9;
const EFAULT = 14;
/** A number that no descriptor has: one that was closed may be another thread's now. */
const NO_FD = 1_000_000_000;

describe('memory by its address', () => {
  it('what the kernel writes to an address is seen in the bytes, at the place that the address says', () => {
    const events = EventFd.open();
    const arena = createArena(64);
    events.signal();
    events.signal();
    expect(readInto(events.fd, arena.address + 16, 8)).toBe(8);
    expect(arena.bytes).toEqual(Uint8Array.from({ length: 64 }, (_, index) => (index === 16 ? 2 : 0)));
    events.close();
  });

  it('what fails is a negative error number', () => {
    const events = EventFd.open();
    const arena = createArena(8);
    expect(readInto(events.fd, arena.address, 8)).toBe(-EAGAIN);
    expect(readInto(events.fd, 8, 8)).toBe(-EAGAIN);
    expect(writeFrom(events.fd, 8, 8)).toBe(-EFAULT);
    expect(writeFrom(NO_FD, arena.address, 8)).toBe(-EBADF);
    events.close();
  });
});

describe('waiting for descriptors', () => {
  it('signals of an event descriptor end the wait, count as one and can be cleared', () => {
    const [a, b] = [EventFd.open(), EventFd.open()];
    const set = new PollSet([a.fd, b.fd]);
    expect(set.wait(0)).toBe(0);
    b.signal();
    EventFd.of(b.fd).signal();
    expect(set.wait(-1)).toBe(1);
    expect([set.ready(0), set.ready(1)]).toEqual([false, true]);
    expect([b.clear(), b.clear(), a.clear()]).toEqual([true, false, false]);
    expect(set.wait(0)).toBe(0);
    expect(set.ready(1)).toBe(false);
    for (const events of [a, b]) events.close();
  });

  it('the wait ends after its time', () => {
    const events = EventFd.open();
    const begin = performance.now();
    expect(new PollSet([events.fd]).wait(20)).toBe(0);
    expect(performance.now() - begin).toBeGreaterThan(18);
    events.close();
  });

  it('what is not watched is not told, and a descriptor that is gone is told at once', () => {
    const events = EventFd.open();
    const set = new PollSet([events.fd]);
    events.signal();
    set.watch(0, 0);
    expect(set.wait(0)).toBe(0);
    set.watch(0, POLLOUT);
    expect(set.wait(0)).toBe(1);
    events.close();
    const gone = new PollSet([NO_FD]);
    expect(gone.wait(0)).toBe(1);
    expect(gone.ready(0)).toBe(true);
  });
});
