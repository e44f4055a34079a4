import { describe, expect, it } from 'vitest';
import type { Prefix } from '../base/net.ts';
import { MINUTE, SECOND } from '../base/time.ts';
import type { TunnelPolicy } from '../ike/common/policy.ts';
import { selectorKey } from '../sa/traffic-selector.ts';
import { PRESETS } from './conditions.ts';
import { bothSidesAgree, establishedIkeSas, expectInOrder, installedChildren } from './invariants.ts';
import { CorePair, command, countEvents } from './pair.ts';
import { forEachSeed } from './seeds.ts';
import { LEFT, RIGHT, tunnelPolicy } from './tunnels.ts';

const SEGMENTS: readonly Prefix[] = ['10.2.0.0', '10.2.1.0', '10.2.2.0'].map((address) => ({ address, length: 24 }));
const NAMES = ['t1', 't2', 't3'];
const ALL = { ...RIGHT, segments: SEGMENTS };

const IKEV2: Partial<TunnelPolicy> = { singlePairs: true };
const IKEV1: Partial<TunnelPolicy> = { version: 1, mobike: false };

/** The left side has one tunnel with a Child SA for each pair of segments, the right side a tunnel for each of those. */
function sharing(seed: number, network: keyof typeof PRESETS, tunnel: Partial<TunnelPolicy>): CorePair {
  const pair = new CorePair({ seed, network: PRESETS[network], tunnel, right: { side: ALL } });
  const tunnels = SEGMENTS.map((segment, n) =>
    tunnelPolicy({ ...RIGHT, segments: [segment] }, LEFT, { ...tunnel, name: NAMES[n] ?? '' }),
  );
  command(pair.right, { kind: 'configure', tunnels });
  return pair;
}

/** The left side asks for what it lacks, as a supervisor has it do, until it has a Child SA for each pair. */
function connect(pair: CorePair, count = SEGMENTS.length): void {
  for (let second = 0; second < 120 && !isUp(pair, count); second++) {
    if (second % 5 === 0) pair.initiate(pair.left);
    pair.world.run(SECOND);
  }
  expect(isUp(pair, count)).toBe(true);
}

function isUp({ left, right }: CorePair, count: number): boolean {
  return [left, right].every((gateway) => carried(gateway).length === count);
}

function carried(gateway: CorePair['left']): string[] {
  return [
    ...new Set(
      installedChildren(gateway).flatMap(({ remoteSelectors, localSelectors }) =>
        [...localSelectors, ...remoteSelectors].map(selectorKey).join(' '),
      ),
    ),
  ];
}

/** The tunnels of the right side that have Child SAs, each with its own segment and no other one. */
function served({ right }: CorePair): string[] {
  for (const { tunnel, localSelectors } of installedChildren(right))
    expect(localSelectors.map(({ start }) => start)).toEqual([SEGMENTS[NAMES.indexOf(tunnel)]?.address]);
  return [...new Set(installedChildren(right).map(({ tunnel }) => tunnel))].sort();
}

function settle(pair: CorePair): void {
  pair.world.network.conditions = PRESETS.calm;
  pair.world.run(90 * SECOND);
  // In IKEv1 nothing confirms a Delete: what one end has lost goes with its lifetime.
  pair.world.runUntil(
    'agreed',
    () => pair.world.idle && bothSidesAgree(pair.left, pair.right).length === 0,
    10 * MINUTE,
  );
}

describe.each([
  ['IKEv2', { ...IKEV2, childLifetime: 5 * MINUTE, ikeLifetime: 7 * MINUTE }],
  ['IKEv1', { ...IKEV1, childLifetime: 5 * MINUTE, ikeLifetime: 7 * MINUTE }],
])('%s: several tunnels over one IKE SA', (_, tunnel) => {
  it('come up, and are rekeyed with it, at any loss', () => {
    forEachSeed(10, (seed) => {
      const pair = sharing(seed, seed % 2 === 0 ? 'calm' : 'lossy10', tunnel);
      connect(pair);
      expect(establishedIkeSas(pair.right)).toHaveLength(1);
      pair.world.run(30 * MINUTE);
      settle(pair);
      connect(pair);
      expect(served(pair)).toEqual(NAMES);
      expect(countEvents(pair.right, 'ike.rekeyed')).toBeGreaterThan(2);
      expect(countEvents(pair.right, 'child.rekeyed')).toBeGreaterThan(2 * SEGMENTS.length);
      expectInOrder(pair.world);
    });
  });

  it('one is taken down at any moment, also while all is being rekeyed: the others go on', () => {
    forEachSeed(20, (seed) => {
      const pair = sharing(seed, seed % 2 === 0 ? 'calm' : 'reordering', tunnel);
      connect(pair);
      // Around the time when the first Child SAs and the IKE SA are replaced.
      pair.world.run(3 * MINUTE + seed * 17 * SECOND);
      const gone = NAMES[seed % NAMES.length] ?? '';
      const others = NAMES.filter((name) => name !== gone);
      command(pair.right, { kind: 'admit', tunnel: gone, admit: false });
      command(pair.right, { kind: 'terminate', tunnel: gone, reason: { code: 'terminated', text: 'asked to' } });
      pair.world.run(20 * MINUTE);
      settle(pair);
      expect(served(pair)).toEqual(others);
      expect(pair.right.machine.views().some(({ tunnel: own }) => own === gone)).toBe(false);
      expect(carried(pair.left)).toHaveLength(others.length);
      expectInOrder(pair.world);
      command(pair.right, { kind: 'admit', tunnel: gone, admit: true });
      connect(pair);
      expect(served(pair)).toEqual(NAMES);
    });
  });

  it('the peer is gone: nothing of any of them is left', () => {
    forEachSeed(5, (seed) => {
      const pair = sharing(seed, 'calm', tunnel);
      connect(pair);
      pair.world.network.partition(LEFT.address, RIGHT.address);
      pair.world.run(2 * MINUTE);
      expect(pair.right.machine.views()).toEqual([]);
      expect(pair.right.machine.children()).toEqual([]);
      expectInOrder(pair.world);
    });
  });
});

describe('IKEv1: both ends have several tunnels to each other', () => {
  // Where loss makes them see differently which of two Child SAs came first, they agree with the next rekeying.
  const tunnel = { ...IKEV1, childLifetime: 5 * MINUTE };

  it('and start all of them at once: they come to one IKE SA', () => {
    forEachSeed(20, (seed) => {
      const pair = sharing(seed, seed % 2 === 0 ? 'calm' : 'lossy10', tunnel);
      const tunnels = SEGMENTS.map((segment, n) =>
        tunnelPolicy(LEFT, { ...RIGHT, segments: [segment] }, { ...tunnel, name: NAMES[n] ?? '' }),
      );
      command(pair.left, { kind: 'configure', tunnels });
      const start = (gateway: CorePair['left']) => {
        for (const tunnel of NAMES) command(gateway, { kind: 'initiate', tunnel });
      };
      for (let round = 0; round < 10; round++) {
        start(pair.left);
        if (round === 0) start(pair.right);
        pair.world.run(10 * SECOND);
      }
      settle(pair);
      for (const gateway of [pair.left, pair.right]) {
        expect(establishedIkeSas(gateway)).toHaveLength(1);
        expect(new Set(installedChildren(gateway).map(({ tunnel }) => tunnel))).toEqual(new Set(NAMES));
      }
      expectInOrder(pair.world);
    });
  });
});
