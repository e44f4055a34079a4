import { describe, expect, it } from 'vitest';
import { MINUTE, SECOND } from '../base/time.ts';
import { selectorFromPrefix } from '../sa/traffic-selector.ts';
import { PRESETS } from './conditions.ts';
import { expectInOrder, installedChildren } from './invariants.ts';
import { CorePair, countEvents } from './pair.ts';
import { forEachSeed } from './seeds.ts';
import { LEFT, RIGHT, type Side } from './tunnels.ts';

const SEGMENTS = 3;

function withSegments(side: Side): Side {
  const [first] = side.segments;
  const base = (first?.address ?? '').split('.').slice(0, 2).join('.');
  return { ...side, segments: Array.from({ length: SEGMENTS }, (_, n) => ({ address: `${base}.${n}.0`, length: 24 })) };
}

function pairs(gateway: CorePair['left']): Set<string> {
  return new Set(
    installedChildren(gateway).map(({ localSelectors, remoteSelectors }) =>
      JSON.stringify([localSelectors, remoteSelectors]),
    ),
  );
}

describe('IKEv2 with a peer that takes one pair of segments for each Child SA', () => {
  const sides = { left: { side: withSegments(LEFT) }, right: { side: withSegments(RIGHT) } };

  it('makes one for each pair, within one IKE SA, at any loss, and rekeys them', () => {
    forEachSeed(20, (seed) => {
      const pair = new CorePair({
        seed,
        network: seed % 2 === 0 ? PRESETS.calm : PRESETS.lossy10,
        tunnel: { singlePairs: true, childLifetime: 5 * MINUTE },
        ...sides,
      });
      pair.initiate(pair.left);
      pair.world.run(MINUTE);
      expect(pair.left.machine.views()).toHaveLength(1);
      for (const gateway of [pair.left, pair.right]) expect(pairs(gateway).size).toBe(SEGMENTS * SEGMENTS);
      pair.world.run(20 * MINUTE);
      expect(countEvents(pair.left, 'child.rekeyed')).toBeGreaterThan(SEGMENTS * SEGMENTS);
      pair.world.network.conditions = PRESETS.calm;
      pair.world.run(10 * SECOND);
      for (const gateway of [pair.left, pair.right]) expect(pairs(gateway).size).toBe(SEGMENTS * SEGMENTS);
      expectInOrder(pair.world);
    });
  });

  it('has one for each pair in the end, where both ends make them at once', () => {
    forEachSeed(20, (seed) => {
      const pair = new CorePair({ seed, network: PRESETS.satellite, tunnel: { singlePairs: true }, ...sides });
      const isUp = () => installedChildren(pair.right).length > 0;
      pair.initiate(pair.left);
      pair.world.runUntil('up', isUp, MINUTE);
      pair.initiate(pair.right);
      pair.world.run(2 * MINUTE);
      for (const gateway of [pair.left, pair.right])
        expect(installedChildren(gateway)).toHaveLength(SEGMENTS * SEGMENTS);
      expectInOrder(pair.world);
    });
  });

  it('asks for the rest one by one where the peer narrows to the first pair', () => {
    forEachSeed(10, (seed) => {
      const pair = new CorePair({ seed, ...sides });
      const narrow = pair.policyOf(pair.right);
      const [ours] = narrow.local.selectors;
      const [theirs] = narrow.remote.selectors;
      if (ours === undefined || theirs === undefined) throw new Error('no segments');
      // At first the peer knows one segment of its own only; then all of them.
      const some = {
        ...narrow,
        local: { ...narrow.local, selectors: [selectorFromPrefix({ address: '10.2.0.0', length: 24 })] },
      };
      pair.right.input({ kind: 'command', command: { kind: 'configure', tunnels: [some] } });
      pair.initiate(pair.left);
      pair.world.run(40);
      pair.right.input({ kind: 'command', command: { kind: 'configure', tunnels: [narrow] } });
      pair.world.run(20 * SECOND);
      const covered = installedChildren(pair.left).flatMap(({ remoteSelectors }) =>
        remoteSelectors.map(({ start }) => start),
      );
      expect(new Set(covered)).toEqual(new Set(['10.2.0.0', '10.2.1.0', '10.2.2.0']));
      expectInOrder(pair.world);
    });
  });
});
