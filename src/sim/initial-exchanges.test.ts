import { describe, expect, it } from 'vitest';
import { toHex } from '../base/bytes.ts';
import { SECOND } from '../base/time.ts';
import type { PresetName } from './conditions.ts';
import { PRESETS } from './conditions.ts';
import { Dice } from './dice.ts';
import { expectAgreement } from './invariants.ts';
import { CorePair, countEvents } from './pair.ts';
import { forEachSeed } from './seeds.ts';

describe('the initial exchanges (RFC 7296 §1.2)', () => {
  it('connect in two round trips on a calm path, and packets cross both ways', () => {
    const pair = new CorePair({ seed: 1 });
    let sent = 0;
    pair.world.network.tap(() => sent++);
    expect(pair.connect()).toBeLessThan(100);
    expect(sent).toBe(4);
    expect(pair.exchangePackets()).toEqual(['delivered', 'delivered']);
    expect([countEvents(pair.left, 'child.installed'), countEvents(pair.right, 'child.installed')]).toEqual([1, 1]);
  });

  it('converge for 2,000 seeds with up to 30 % loss', () => {
    forEachSeed(2_000, (seed) => {
      const loss = new Dice(seed).fraction() * 0.3;
      const pair = new CorePair({ seed, network: { ...PRESETS.calm, loss } });
      pair.connect();
    });
  });

  const hostile: PresetName[] = ['bursty', 'duplicating', 'reordering', 'satellite', 'sluggish', 'awful'];
  it.each(hostile)('converge on a %s path', (name) => {
    forEachSeed(150, (seed) => new CorePair({ seed, network: PRESETS[name] }).connect());
  });

  it('both ends initiating at once end with one Child SA', () => {
    forEachSeed(400, (seed) => {
      const dice = new Dice(seed);
      const pair = new CorePair({ seed, network: dice.chance(0.5) ? PRESETS.calm : PRESETS.lossy10 });
      pair.initiate(pair.left);
      pair.world.run(dice.chance(0.5) ? 0 : dice.within([0, 80]));
      pair.initiate(pair.right);
      pair.awaitConnection([pair.left, pair.right]);
      // What is still on its way, and the end of the superfluous IKE SA, may not undo it.
      pair.world.network.conditions = PRESETS.calm;
      pair.world.run(60 * SECOND);
      expectAgreement(pair.world, pair.left, pair.right);
      if (pair.exchangePackets().join() !== 'delivered,delivered') pair.world.fail('packets do not cross');
    });
  });

  it('the same seed gives the same trace, byte for byte', () => {
    const run = (seed: number) => {
      const pair = new CorePair({ seed, network: PRESETS.awful, traceLines: 10_000 });
      const datagrams: string[] = [];
      pair.world.network.tap(({ bytes }) => datagrams.push(toHex(bytes)));
      pair.connect();
      return [...pair.world.trace.lines(), ...datagrams];
    };
    for (const seed of [1, 2, 3]) expect(run(seed)).toEqual(run(seed));
  });
});
