import { describe, expect, it } from 'vitest';
import { MINUTE, SECOND } from '../base/time.ts';
import { CorePair, countEvents } from './pair.ts';
import { SteadyTraffic } from './steady-traffic.ts';

describe('packets both ways all the time', () => {
  it.each([1, 2] as const)('IKEv%i: bring up a tunnel that waits for them, and again after it is gone', (version) => {
    const pair = new CorePair({ seed: 1, tunnel: { version, start: 'on-traffic' } });
    const traffic = new SteadyTraffic(pair, SECOND);
    traffic.tolerant = true;
    const dismiss = pair.awaitTraffic([pair.left], SECOND);
    pair.world.run(20 * SECOND);
    expect(countEvents(pair.left, 'ike.initiated')).toBe(0);
    traffic.start();
    pair.world.runUntil('connected', () => pair.connected, 20 * SECOND);
    pair.terminate(pair.right);
    pair.world.run(SECOND);
    expect(pair.connected).toBe(false);
    pair.world.runUntil('connected', () => pair.connected, MINUTE);
    dismiss();
  });

  it('never leave in clear, though some may be lost', () => {
    const pair = new CorePair({ seed: 1 });
    const traffic = new SteadyTraffic(pair, SECOND);
    traffic.tolerant = true;
    traffic.start();
    pair.world.run(3 * SECOND);
    expect([...traffic.fates.keys()]).toEqual(['blocked']);
    pair.right.kernel.tables.policies.clear();
    expect(() => pair.world.run(2 * SECOND)).toThrow('a packet of right to 10.1.0.0 leaves in clear');
  });
});
