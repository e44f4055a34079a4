import { describe, expect, it } from 'vitest';
import { at, deleted, failed, installed, rig, SILENCE, tunnel } from './testing/service-rig.ts';

const GIVES_UP = { retry: { attempts: 3, interval: 12_000, giveUp: 30_000 } };

/** Three attempts, of which the last has begun at 24 seconds; it fails at 36. */
function given(changes = {}) {
  const one = rig(tunnel({ ...GIVES_UP, ...changes }));
  one.start();
  for (const [n, time] of [11_000, 23_000, 36_000].entries()) {
    one.say(time, failed(n + 1));
    if (n < 2) one.fire();
  }
  return { ...one, attempts: () => one.core.count('initiate') };
}

describe('a tunnel that is tried for a time only', () => {
  it('shows its failure and is called no more when that time is over', () => {
    const { attempts, timerAt, status } = given();
    expect([attempts(), timerAt()]).toEqual([3, undefined]);
    expect(status()).toMatchObject({ connectionStatus: 'stage1Failure', reason: SILENCE, nextAttemptAt: null });
  });

  it('is tried for ever where no time is said', () => {
    const { attempts, timerAt } = given({ retry: { attempts: 3, interval: 12_000 } });
    expect(attempts()).toBe(3);
    expect(timerAt()).toBeGreaterThanOrEqual(36_000);
  });

  it('has all of its time again where the operator asks for it', () => {
    const { apply, service, attempts, say, timerAt } = given();
    apply(service.up('t', at(100_000)));
    say(111_000, failed(4));
    expect([attempts(), timerAt()]).toEqual([4, 112_000]);
  });

  it('is to be up again once the peer has called', () => {
    const { say, attempts, status } = given();
    say(60_000, installed());
    expect(status()?.connectionStatus).toBe('connected');
    say(120_000, deleted('t#1', { code: 'peer-unresponsive', text: 'x' }));
    expect(attempts()).toBe(4);
  });
});
