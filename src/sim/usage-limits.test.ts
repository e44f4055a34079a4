import { describe, expect, it } from 'vitest';
import { MINUTE } from '../base/time.ts';
import { expectAgreement } from './invariants.ts';
import { CorePair, countEvents } from './pair.ts';
import { forEachSeed } from './seeds.ts';
import { SteadyTraffic } from './steady-traffic.ts';

describe.each([1, 2] as const)('IKEv%d: a Child SA that has carried what it may', (version) => {
  it.each([
    ['packets', { packets: 1_000 }],
    ['bytes', { bytes: 84_000 }],
  ])('counted in %s, is replaced in time: no packet is lost', (_, childUsage) => {
    forEachSeed(5, (seed) => {
      const pair = new CorePair({ seed, tunnel: { version, childUsage } });
      pair.connect();
      const traffic = new SteadyTraffic(pair, 100).start();
      pair.world.run(10 * MINUTE);
      traffic.stop();
      expect(countEvents(pair.left, 'child.rekeyed')).toBeGreaterThan(5);
      pair.world.run(MINUTE);
      expectAgreement(pair.world, pair.left, pair.right);
    });
  });
});
