import { describe, expect, it } from 'vitest';
import { MINUTE, SECOND } from '../base/time.ts';
import { PRESETS } from './conditions.ts';
import { Dice } from './dice.ts';
import { expectInOrder, expectNothingInstalled } from './invariants.ts';
import { CorePair, countEvents, reasonsOf } from './pair.ts';
import { forEachSeed } from './seeds.ts';

function expectBothEmpty(pair: CorePair): void {
  for (const gateway of [pair.left, pair.right]) {
    expectNothingInstalled(pair.world, gateway);
    if (gateway.machine.views().length > 0) pair.world.fail(`${gateway.name} still has an IKE SA`);
    if (gateway.timers.size > 0) pair.world.fail(`${gateway.name} still has timers`);
  }
}

describe('deletes (RFC 7296 §1.4.1)', () => {
  it.each(['left', 'right'] as const)('from the %s side: both sides are empty, with 30 percent loss', (side) => {
    forEachSeed(100, (seed) => {
      const pair = new CorePair({ seed, network: PRESETS.lossy30 });
      pair.connect();
      pair.terminate(pair[side]);
      pair.world.run(5 * MINUTE);
      expectBothEmpty(pair);
    });
  });

  it('from both sides at once', () => {
    forEachSeed(100, (seed) => {
      const dice = new Dice(seed);
      const pair = new CorePair({ seed, network: dice.chance(0.5) ? PRESETS.calm : PRESETS.lossy10 });
      pair.connect();
      pair.terminate(pair.left);
      pair.world.run(dice.within([0, 30]));
      pair.terminate(pair.right);
      pair.world.run(5 * MINUTE);
      expectBothEmpty(pair);
    });
  });

  it('at any moment of the initial exchanges', () => {
    forEachSeed(300, (seed) => {
      const dice = new Dice(seed);
      const kernel = { delay: [0, 60] as const, faults: [] };
      const network = dice.chance(0.5) ? PRESETS.calm : PRESETS.reordering;
      const pair = new CorePair({ seed, network, left: { kernel }, right: { kernel } });
      pair.initiate(pair.left);
      pair.world.run(dice.within([0, 250]));
      pair.terminate(dice.chance(0.5) ? pair.left : pair.right);
      // The end that was not told either hears of it or finds out by liveness.
      pair.world.run(dice.within([0, 200]));
      pair.terminate(pair.left);
      pair.terminate(pair.right);
      pair.world.run(5 * MINUTE);
      expectInOrder(pair.world);
      expectBothEmpty(pair);
    });
  });

  it('then up again: as good as new', () => {
    forEachSeed(30, (seed) => {
      const pair = new CorePair({ seed, network: PRESETS.lossy10 });
      for (let round = 0; round < 5; round++) {
        pair.connect(round % 2 === 0 ? pair.left : pair.right);
        expect(pair.exchangePackets()).toEqual(['delivered', 'delivered']);
        pair.terminate(round % 3 === 0 ? pair.left : pair.right);
        pair.world.run(5 * MINUTE);
        expectBothEmpty(pair);
      }
    });
  });
});

describe('a peer that is gone', () => {
  it('liveness finds out within the timeout, and nothing stays installed', () => {
    forEachSeed(50, (seed) => {
      const pair = new CorePair({ seed });
      pair.connect();
      pair.world.network.partition(pair.left.address, pair.right.address);
      pair.world.runUntil(
        'noticed',
        () => [pair.left, pair.right].every((gateway) => countEvents(gateway, 'ike.closed') > 0),
        30 * SECOND,
      );
      expect(reasonsOf(pair.left, 'ike.closed')).toEqual(['peer-unresponsive']);
      pair.world.run(5 * SECOND);
      expectBothEmpty(pair);
    });
  });

  it('a living peer is never given up, whatever 10 % loss does to an hour of liveness checks', () => {
    forEachSeed(5, (seed) => {
      const pair = new CorePair({ seed, network: PRESETS.lossy10 });
      pair.connect();
      pair.world.run(60 * MINUTE);
      expect(countEvents(pair.left, 'ike.closed') + countEvents(pair.right, 'ike.closed')).toBe(0);
      expectInOrder(pair.world);
    });
  });

  it('the initiator restarts and connects anew: the other end keeps only the new SAs (INITIAL_CONTACT)', () => {
    forEachSeed(100, (seed) => {
      const pair = new CorePair({ seed, network: seed % 2 === 0 ? PRESETS.calm : PRESETS.lossy30 });
      pair.connect();
      pair.world.run(3 * SECOND);
      pair.left.restart();
      pair.configure(pair.left);
      pair.connect(pair.left);
      expect(pair.exchangePackets()).toEqual(['delivered', 'delivered']);
    });
  });

  it('INITIAL_CONTACT ends the old IKE SA without a word, as nobody is there to hear it (RFC 7296 §2.4)', () => {
    const pair = new CorePair({ seed: 1 });
    pair.connect();
    pair.left.restart();
    pair.configure(pair.left);
    let sent = 0;
    const stop = pair.world.network.tap(() => sent++);
    pair.connect(pair.left);
    pair.world.run(SECOND);
    stop();
    expect(sent).toBe(4);
    expect(reasonsOf(pair.right, 'ike.closed')).toEqual(['replaced']);
  });

  it('the responder restarts: the initiator finds out and connects anew', () => {
    forEachSeed(100, (seed) => {
      const pair = new CorePair({ seed });
      pair.connect();
      pair.right.restart();
      pair.configure(pair.right);
      pair.world.runUntil('noticed', () => countEvents(pair.left, 'ike.closed') > 0, 40 * SECOND);
      pair.connect(pair.left);
      expect(pair.exchangePackets()).toEqual(['delivered', 'delivered']);
    });
  });

  it('a pause shorter than the liveness timeout costs nothing', () => {
    forEachSeed(30, (seed) => {
      const pair = new CorePair({ seed });
      pair.connect();
      pair.world.run(7 * SECOND);
      pair.right.pause();
      pair.world.run(5 * SECOND);
      pair.right.resume();
      pair.world.run(60 * SECOND);
      expect(countEvents(pair.left, 'ike.closed') + countEvents(pair.right, 'ike.closed')).toBe(0);
      expect(pair.exchangePackets()).toEqual(['delivered', 'delivered']);
    });
  });
});
