import { describe, expect, it } from 'vitest';
import { MINUTE, SECOND } from '../base/time.ts';
import type { TunnelPolicy } from '../ike/common/policy.ts';
import { parseSelector, type TrafficSelector } from '../sa/traffic-selector.ts';
import { PRESETS } from './conditions.ts';
import { expectInOrder, installedChildren } from './invariants.ts';
import { CorePair, countEvents } from './pair.ts';
import { forEachSeed } from './seeds.ts';
import { LEFT, RIGHT, tunnelPolicy } from './tunnels.ts';

const selectors = (texts: readonly string[]): TrafficSelector[] => texts.flatMap((text) => parseSelector(text) ?? []);

/** Both ends with these segments, the first of the left side. */
function between(left: readonly string[], right: readonly string[]) {
  const [here, there] = [selectors(left), selectors(right)];
  const [ours, theirs] = [tunnelPolicy(LEFT, RIGHT), tunnelPolicy(RIGHT, LEFT)];
  return {
    left: { policy: { local: { ...ours.local, selectors: here }, remote: { ...ours.remote, selectors: there } } },
    right: { policy: { local: { ...theirs.local, selectors: there }, remote: { ...theirs.remote, selectors: here } } },
  };
}

function connected(seed: number, sides: ReturnType<typeof between>, tunnel: Partial<TunnelPolicy>): CorePair {
  const network = seed % 2 === 0 ? PRESETS.calm : PRESETS.lossy10;
  const pair = new CorePair({
    seed,
    network,
    tunnel: { ...tunnel, mobike: false, childLifetime: 5 * MINUTE },
    ...sides,
  });
  pair.initiate(pair.left);
  pair.world.run(MINUTE);
  return pair;
}

/** What becomes of a packet of each protocol, in both directions. */
function fates(pair: CorePair, [here, there]: readonly [string, string], protocol: number): string[] {
  const packet = { source: here, destination: there, protocol, bytes: 84 };
  const back = { ...packet, source: there, destination: here };
  return [pair.world.transmit(pair.left, packet), pair.world.transmit(pair.right, back)];
}

describe.each([1, 2] as const)('IKEv%i at any loss, through many rekeyings', (version) => {
  it('keeps transport mode between the gateways', () => {
    forEachSeed(10, (seed) => {
      const sides = between([LEFT.address], [RIGHT.address]);
      const pair = connected(seed, sides, { version, childMode: 'transport' });
      pair.world.run(20 * MINUTE);
      pair.world.network.conditions = PRESETS.calm;
      pair.world.run(30 * SECOND);
      for (const gateway of [pair.left, pair.right]) {
        const modes = new Set(installedChildren(gateway).map(({ mode }) => mode));
        expect(modes).toEqual(new Set(['transport']));
      }
      expect(fates(pair, [LEFT.address, RIGHT.address], 6)).toEqual(['delivered', 'delivered']);
      expect(countEvents(pair.left, 'child.rekeyed')).toBeGreaterThan(2);
      expectInOrder(pair.world);
    });
  });

  it('carries the protocols that the segments are for, and no other', () => {
    forEachSeed(10, (seed) => {
      const sides = between(['10.1.0.0/16[icmp]', '10.1.0.0/16[tcp/22]'], ['10.2.0.0/16[icmp]', '10.2.0.0/16[tcp]']);
      const pair = connected(seed, sides, { version });
      pair.world.run(20 * MINUTE);
      pair.world.network.conditions = PRESETS.calm;
      pair.world.run(30 * SECOND);
      const hosts = ['10.1.0.5', '10.2.0.5'] as const;
      for (const protocol of [1, 6]) expect(fates(pair, hosts, protocol)).toEqual(['delivered', 'delivered']);
      expect(fates(pair, hosts, 17)).toEqual(['clear', 'clear']);
      expect(countEvents(pair.left, 'child.rekeyed')).toBeGreaterThan(2);
      expectInOrder(pair.world);
    });
  });
});
