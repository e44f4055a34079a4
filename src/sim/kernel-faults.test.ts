import { describe, expect, it } from 'vitest';
import { MINUTE, SECOND } from '../base/time.ts';
import { PRESETS } from './conditions.ts';
import { expectAgreement, expectInOrder, expectNothingInstalled, installedChildren } from './invariants.ts';
import type { KernelFault } from './kernel.ts';
import { CorePair, countEvents, isConnected, reasonsOf } from './pair.ts';
import { forEachSeed } from './seeds.ts';
import { Stage } from './stage.ts';

const STEPS: readonly KernelFault['on'][] = ['allocate-spi', 'add-sa', 'add-policy', 'add-route'];

describe('a slow kernel', () => {
  it('connects: the responder answers only when its Child SA is installed', () => {
    forEachSeed(100, (seed) => {
      const slow = { delay: [200, 1_800] as const, faults: [] };
      const pair = new CorePair({ seed, network: PRESETS.lossy10, left: { kernel: slow }, right: { kernel: slow } });
      pair.connect();
      expect(pair.exchangePackets()).toEqual(['delivered', 'delivered']);
    });
  });

  it('slower than the retransmissions: repeated requests start nothing twice', () => {
    forEachSeed(50, (seed) => {
      const pair = new CorePair({ seed, right: { kernel: { delay: [1_500, 4_000], faults: [] } } });
      pair.connect();
      expect(countEvents(pair.right, 'child.installed')).toBe(countEvents(pair.left, 'child.installed'));
    });
  });

  it('slow key exchange jobs are waited for, and messages that come meanwhile are not lost', () => {
    forEachSeed(50, (seed) => {
      const jobDelay = [300, 4_000] as const;
      const pair = new CorePair({ seed, network: PRESETS.reordering, left: { jobDelay }, right: { jobDelay } });
      pair.connect();
    });
  });
});

describe('a kernel that refuses', () => {
  const cases = STEPS.flatMap((on) => (['left', 'right'] as const).map((side) => ({ on, side })));

  it.each(cases)('$on on the $side: nothing stays installed on either side, and it is reported', ({ on, side }) => {
    forEachSeed(20, (seed) => {
      const kernel = { delay: [0, 50] as const, faults: [{ on, code: 'ENOSYS', probability: 1 }] };
      const pair = new CorePair({ seed, [side]: { kernel } });
      pair.initiate(pair.left);
      // Without a second attempt: the supervisor above decides about those.
      pair.world.run(3 * MINUTE);
      const reasons = [...reasonsOf(pair[side], 'child.failed'), ...reasonsOf(pair[side], 'ike.failed')];
      if (!reasons.includes('kernel-refused')) pair.world.fail(`the reasons are ${reasons}`);
      expectInOrder(pair.world);
      for (const gateway of [pair.left, pair.right]) {
        expect(installedChildren(gateway)).toEqual([]);
        expectNothingInstalled(pair.world, gateway);
      }
    });
  });

  it('now and then: attempts go on until one succeeds, and no half of one is left', () => {
    forEachSeed(150, (seed) => {
      const faults = STEPS.map((on) => ({ on, code: 'ENOMEM', probability: 0.06 }));
      const kernel = { delay: [0, 300] as const, faults };
      const pair = new CorePair({ seed, network: PRESETS.lossy10, left: { kernel }, right: { kernel } });
      for (let attempt = 0; !(isConnected(pair.left) && isConnected(pair.right)); attempt++) {
        if (attempt > 40) pair.world.fail('40 attempts and no connection');
        pair.terminate(pair.left);
        pair.world.run(40 * SECOND);
        pair.initiate(pair.left);
        pair.world.run(40 * SECOND);
        expectInOrder(pair.world);
      }
    });
  });
});

describe('an SA that expires in the kernel', () => {
  it('takes its Child SA with it on both sides, and another one is made', () => {
    forEachSeed(20, (seed) => {
      const pair = new CorePair({ seed });
      pair.connect();
      const [child] = installedChildren(pair.left);
      if (child === undefined) throw new Error('connected without a Child SA');
      pair.left.kernel.expire(child.inbound);
      pair.world.run(30 * SECOND);
      expectInOrder(pair.world);
      expectAgreement(pair.world, pair.left, pair.right);
      expect(installedChildren(pair.left)[0]?.id).not.toBe(child.id);
    });
  });
});

describe('a kernel that refuses a successor which the peer has gone over to', () => {
  const refusing = { delay: [0, 0.2], faults: [{ on: 'add-sa', code: 'ENOMEM', probability: 1, times: 1 }] } as const;

  /** The rekeying is asked for, and its answer waits. */
  function rekeying(): Stage {
    const stage = new Stage();
    stage.traffic.tolerant = true;
    stage.rekeyChild(stage.a);
    stage.pass(stage.a, 'request', 'N(REKEY_SA');
    return stage;
  }

  function expectPacketsSoon(stage: Stage): void {
    stage.pass(stage.b, 'response', 'SA');
    stage.gate.open();
    stage.pair.world.run(20 * SECOND);
    stage.traffic.tolerant = false;
    stage.pair.world.run(SECOND);
    stage.expectOneOfEach();
  }

  it('at the initiator, whose answer came late: it rekeys once more', () => {
    const stage = rekeying();
    stage.pair.world.run(6 * SECOND);
    stage.a.kernel.behaviour = refusing;
    expectPacketsSoon(stage);
  });

  it('at the responder, where the old one is deleted already: it makes another', () => {
    const stage = rekeying();
    stage.b.kernel.behaviour = refusing;
    expectPacketsSoon(stage);
  });
});
