import { describe, expect, it } from 'vitest';
import { MINUTE, SECOND } from '../base/time.ts';
import { PRESETS } from './conditions.ts';
import { Dice } from './dice.ts';
import { expectAgreement, installedChildren } from './invariants.ts';
import type { Datagram } from './network.ts';
import { CorePair, countEvents } from './pair.ts';
import { forEachSeed } from './seeds.ts';
import { SteadyTraffic } from './steady-traffic.ts';

/** Where the IKE header has the exchange type, and the numbers of two. */
const EXCHANGE = 18;
const INFORMATIONAL = 5;
const QUICK_MODE = 32;
/** A third message is a hash and nothing else. */
const THIRD_MESSAGE_BYTES = 80;

describe.each(['main', 'aggressive'] as const)('after %s mode', (mode) => {
  const short = { version: 1, mode, ikeLifetime: 3 * MINUTE, childLifetime: 2 * MINUTE } as const;

  it.each([0, 0.1, 0.3])('IKE SA and Child SA are replaced for ever at a loss of %d, and no packet is lost', (loss) => {
    forEachSeed(5, (seed) => {
      const pair = new CorePair({ seed, network: { ...PRESETS.calm, loss }, tunnel: short });
      pair.connect();
      new SteadyTraffic(pair, 500).start();
      for (let n = 0; n < 30; n++) {
        pair.world.run(MINUTE);
        for (const { name, machine } of [pair.left, pair.right])
          if (machine.children().length > 3) pair.world.fail(`${name} has ${machine.children().length} Child SAs`);
      }
      expect(countEvents(pair.left, 'child.installed')).toBeGreaterThan(10);
      pair.world.network.conditions = PRESETS.calm;
      pair.world.run(MINUTE);
      if (pair.connected) expectAgreement(pair.world, pair.left, pair.right);
    });
  });

  it('many hours, on paths of every kind', () => {
    forEachSeed(4, (seed) => {
      const network = PRESETS[new Dice(seed).pick(['bursty', 'duplicating', 'reordering', 'satellite'] as const)];
      const pair = new CorePair({
        seed,
        network,
        tunnel: { ...short, ikeLifetime: 20 * MINUTE, childLifetime: 9 * MINUTE },
      });
      pair.connect();
      new SteadyTraffic(pair, 5 * SECOND).start();
      pair.world.run(6 * 60 * MINUTE);
      expect(countEvents(pair.left, 'child.installed')).toBeGreaterThan(30);
    });
  });

  it.each([true, false])('a third message of Quick Mode that is lost, with traffic: %s', (busy) => {
    forEachSeed(10, (seed) => {
      const pair = new CorePair({ seed, tunnel: { version: 1, mode } });
      let dropped = 0;
      pair.world.network.tap(({ from, bytes }) => {
        const isThird = bytes[EXCHANGE] === QUICK_MODE && bytes.length < THIRD_MESSAGE_BYTES;
        if (from.address === pair.left.address && isThird && dropped === 0) {
          dropped++;
          pair.world.network.partition(pair.left.address, pair.right.address);
          pair.world.scheduler.after(100, () => pair.world.network.heal());
        }
      });
      pair.initiate(pair.left);
      const traffic = new SteadyTraffic(pair, 150);
      traffic.tolerant = true;
      if (busy) traffic.start();
      pair.world.run(20 * SECOND);
      expect(dropped).toBe(1);
      expectAgreement(pair.world, pair.left, pair.right);
      expect(pair.exchangePackets()).toEqual(['delivered', 'delivered']);
    });
  });

  it('a third message that is lost again and again: the initiator is told in the end', () => {
    const pair = new CorePair({ seed: 1, tunnel: { version: 1, mode } });
    // From the second message of Quick Mode on nothing gets through, but for DPD and what follows a minute later.
    pair.world.network.tap(({ from, bytes }) => {
      const isThird = bytes[EXCHANGE] === QUICK_MODE && bytes.length < THIRD_MESSAGE_BYTES;
      if (from.address !== pair.left.address || !isThird) return;
      pair.world.network.partition(pair.left.address, pair.right.address);
      pair.world.scheduler.after(50, () => pair.world.network.heal());
    });
    pair.initiate(pair.left);
    pair.world.run(90 * SECOND);
    expect(countEvents(pair.left, 'child.installed')).toBe(1);
    expectAgreement(pair.world, pair.left, pair.right, 0);
  });

  it('the peer loses the Child SA at once and makes another, while its Delete is lost', () => {
    forEachSeed(20, (seed) => {
      const dice = new Dice(seed);
      const pair = new CorePair({ seed, tunnel: { version: 1, mode } });
      pair.connect();
      pair.world.run(dice.within([300, 900]));
      const isDelete = ({ from, bytes }: Datagram) =>
        from.address === pair.right.address && bytes[EXCHANGE] === INFORMATIONAL;
      pair.world.network.gate = isDelete;
      for (const { inbound } of installedChildren(pair.right)) pair.right.kernel.expire(inbound);
      pair.world.run(2 * SECOND);
      expect(pair.exchangePackets()).toEqual(['delivered', 'delivered']);
    });
  });

  it('the peer loses the Child SA within seconds and makes another, while its Delete is lost', () => {
    forEachSeed(20, (seed) => {
      const dice = new Dice(seed);
      const pair = new CorePair({ seed, tunnel: { version: 1, mode } });
      pair.connect();
      pair.world.run(dice.within([2 * SECOND, 9 * SECOND]));
      // The Delete of the expired one is lost, the first message of the next one repeated.
      pair.world.network.partition(pair.left.address, pair.right.address);
      for (const { inbound } of installedChildren(pair.right)) pair.right.kernel.expire(inbound);
      pair.world.run(100);
      pair.world.network.heal();
      pair.world.run(10 * SECOND);
      expect(pair.exchangePackets()).toEqual(['delivered', 'delivered']);
    });
  });
});
