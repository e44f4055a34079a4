import { describe, expect, it } from 'vitest';
import { MINUTE, SECOND } from '../base/time.ts';
import { PRESETS } from './conditions.ts';
import { Dice } from './dice.ts';
import { expectNothingInstalled, installedChildren } from './invariants.ts';
import { countEvents, isConnected } from './pair.ts';
import { forEachSeed } from './seeds.ts';
import { connectionStatus, ServicePair, tunnelStatus } from './service-pair.ts';

type Action = 'restart' | 'clear' | 'hold';

/** Longer than DPD takes to find out, and than the peer needs to see it as well. */
const DEATH = 40 * SECOND;

/** The left calls, the right only answers. Far apart, the attempts show which of them DPD has begun. */
function connectedPair(version: 1 | 2, action: Action, interval = 10 * MINUTE, seed = 1): ServicePair {
  const dpd = { delay: 8 * SECOND, timeout: 13 * SECOND, action };
  const pair = new ServicePair({
    seed,
    tunnel: { version, dpd, retry: { attempts: 3, interval } },
    right: { policy: { start: 'respond' } },
  });
  pair.start(pair.left);
  pair.start(pair.right);
  pair.awaitConnection();
  pair.world.run(interval);
  return pair;
}

/** The path is cut until the left has noticed, and then mended. */
function die(pair: ServicePair): void {
  pair.world.network.partition(pair.left.address, pair.right.address);
  pair.world.runUntil('noticed', () => installedChildren(pair.left).length === 0, DEATH);
  // The kernel has to follow.
  pair.world.run(SECOND);
  expect(countEvents(pair.left, 'peer.unresponsive')).toBe(1);
  expect(tunnelStatus(pair.left).reason?.code).toBe('peer-unresponsive');
}

describe.each([1, 2] as const)('IKEv%i: a peer that has died', (version) => {
  it('restart: it is called again at once', () => {
    const pair = connectedPair(version, 'restart');
    die(pair);
    expect(countEvents(pair.left, 'ike.initiated')).toBe(2);
    expect(pair.sendPacket(pair.left)).toBe('blocked');
    pair.world.network.heal();
    pair.awaitConnection(30 * SECOND);
    expect(pair.exchangePackets()).toEqual(['delivered', 'delivered']);
  });

  it('clear: it is called again at the usual pace, and no packet makes that quicker', () => {
    const pair = connectedPair(version, 'clear');
    die(pair);
    pair.world.network.heal();
    expect(pair.sendPacket(pair.left)).toBe('blocked');
    pair.world.run(9 * MINUTE);
    expect(countEvents(pair.left, 'ike.initiated')).toBe(1);
    expectNothingInstalled(pair.world, pair.left);
    pair.awaitConnection(MINUTE);
  });

  it('hold: the next packet calls it, and the trap goes with the connection', () => {
    const pair = connectedPair(version, 'hold');
    die(pair);
    pair.world.network.heal();
    pair.world.run(5 * MINUTE);
    expect(countEvents(pair.left, 'ike.initiated')).toBe(1);
    expect(connectionStatus(pair.left)).toBe('connecting');
    expect(pair.sendPacket(pair.left)).toBe('acquire');
    pair.awaitConnection(SECOND);
    expect(pair.exchangePackets()).toEqual(['delivered', 'delivered']);
    expect(pair.left.kernel.policies().filter(({ policy }) => policy.action === 'trap')).toEqual([]);
  });

  it('hold: without a packet it is called at the usual pace all the same', () => {
    const pair = connectedPair(version, 'hold');
    die(pair);
    pair.world.network.heal();
    pair.awaitConnection(11 * MINUTE);
  });

  it.each(['restart', 'clear', 'hold'] as const)('%s: a tunnel that only responds waits for its peer', (action) => {
    const pair = connectedPair(version, action);
    pair.world.network.partition(pair.left.address, pair.right.address);
    pair.world.run(5 * MINUTE);
    expect(countEvents(pair.right, 'ike.initiated')).toBe(0);
    expect(tunnelStatus(pair.right)).toMatchObject({ nextAttemptAt: null, reason: { code: 'peer-unresponsive' } });
    expectNothingInstalled(pair.world, pair.right);
    expect(pair.sendPacket(pair.right)).toBe('blocked');
  });

  it.each(['restart', 'clear', 'hold'] as const)('%s: in the end it is up, and nothing leaves in clear', (action) => {
    forEachSeed(15, (seed) => {
      const pair = connectedPair(version, action, 12 * SECOND, seed);
      const dice = new Dice(seed);
      for (let times = 0; times < 3; times++) {
        pair.world.network.conditions = PRESETS[dice.pick(['calm', 'lossy30'] as const)];
        pair.world.network.partition(pair.left.address, pair.right.address);
        for (let seconds = dice.below(120); seconds >= 0; seconds--) {
          if (pair.sendPacket(pair.left) === 'clear') pair.world.fail('a packet left in clear');
          pair.world.run(SECOND);
        }
        pair.world.network.heal();
        pair.world.network.conditions = PRESETS.calm;
        pair.world.run(dice.within([0, 30 * SECOND]));
      }
      pair.world.runUntil('connected', () => isConnected(pair.left) && isConnected(pair.right), 2 * MINUTE);
    });
  });
});
