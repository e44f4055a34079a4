import { describe, expect, it } from 'vitest';
import { SECOND } from '../base/time.ts';
import type { PresetName } from './conditions.ts';
import { PRESETS } from './conditions.ts';
import { Dice } from './dice.ts';
import { expectAgreement } from './invariants.ts';
import { CorePair } from './pair.ts';
import { forEachSeed } from './seeds.ts';
import { SteadyTraffic } from './steady-traffic.ts';
import type { Side } from './tunnels.ts';
import { CHEAP_ESP, LEFT, RIGHT } from './tunnels.ts';

function withSegments(side: Side, second: number, count: number): Side {
  const segments = Array.from({ length: count }, (_, index) => ({ address: `10.${second}.${index}.0`, length: 24 }));
  return { ...side, segments };
}

describe.each(['main', 'aggressive'] as const)('%s mode and Quick Mode (RFC 2409 §5.4, §5.5)', (mode) => {
  const tunnel = { version: 1, mode } as const;

  it('connect in few messages on a calm path, and packets cross both ways', () => {
    const pair = new CorePair({ seed: 1, tunnel });
    let sent = 0;
    pair.world.network.tap(() => sent++);
    expect(pair.connect()).toBeLessThan(150);
    // In Aggressive Mode the responder's INITIAL-CONTACT has a message of its own.
    expect(sent).toBe(mode === 'main' ? 9 : 7);
    expect(pair.exchangePackets()).toEqual(['delivered', 'delivered']);
  });

  it('converge for 1,000 seeds with up to 30 % loss', () => {
    forEachSeed(1_000, (seed) => {
      const loss = new Dice(seed).fraction() * 0.3;
      new CorePair({ seed, network: { ...PRESETS.calm, loss }, tunnel }).connect();
    });
  });

  const hostile: PresetName[] = ['bursty', 'duplicating', 'reordering', 'satellite', 'sluggish', 'awful'];
  it.each(hostile)('converge on a %s path', (name) => {
    forEachSeed(25, (seed) => new CorePair({ seed, network: PRESETS[name], tunnel }).connect());
  });

  it('both ends initiating at once end with one IKE SA and one Child SA', () => {
    forEachSeed(60, (seed) => {
      const dice = new Dice(seed);
      const pair = new CorePair({ seed, network: dice.chance(0.5) ? PRESETS.calm : PRESETS.lossy10, tunnel });
      pair.initiate(pair.left);
      pair.world.run(dice.chance(0.5) ? 0 : dice.within([0, 80]));
      pair.initiate(pair.right);
      pair.awaitConnection([pair.left, pair.right]);
      pair.world.network.conditions = PRESETS.calm;
      new SteadyTraffic(pair, SECOND).start();
      pair.world.run(60 * SECOND);
      expectAgreement(pair.world, pair.left, pair.right);
      for (const { machine } of [pair.left, pair.right]) expect(machine.children()).toHaveLength(1);
    });
  });

  it.each([
    { count: 2, pfs: false },
    { count: 3, pfs: true },
  ])('$count segments on each side, a Child SA for each pair, with PFS: $pfs', ({ count, pfs }) => {
    forEachSeed(8, (seed) => {
      const childProposals = pfs ? [{ ...CHEAP_ESP, keyExchange: ['curve25519'] as const }] : [CHEAP_ESP];
      const pair = new CorePair({
        seed,
        network: seed % 2 === 0 ? PRESETS.lossy10 : PRESETS.reordering,
        tunnel: { ...tunnel, childProposals },
        left: { side: withSegments(LEFT, 1, count) },
        right: { side: withSegments(RIGHT, 2, count) },
      });
      if (seed % 3 === 0) pair.initiate(pair.right);
      pair.connect();
      new SteadyTraffic(pair, SECOND).start();
      pair.world.run(20 * SECOND);
      expectAgreement(pair.world, pair.left, pair.right, count * count);
    });
  });
});

describe('twenty segments on each side', () => {
  it('make four hundred Child SAs, from both ends at once', () => {
    const pair = new CorePair({
      seed: 1,
      network: { ...PRESETS.calm, loss: 0.02 },
      tunnel: { version: 1 },
      left: { side: withSegments(LEFT, 1, 20) },
      right: { side: withSegments(RIGHT, 2, 20) },
    });
    pair.initiate(pair.left);
    pair.initiate(pair.right);
    pair.world.run(90 * SECOND);
    expectAgreement(pair.world, pair.left, pair.right, 400);
  });
});
