import { describe, it } from 'vitest';
import { MINUTE } from '../base/time.ts';
import { PRESETS } from './conditions.ts';
import { Dice } from './dice.ts';
import { expectAgreement } from './invariants.ts';
import { CorePair } from './pair.ts';
import { forEachSeed } from './seeds.ts';

describe('IKE SAs that begin without a Child SA (RFC 6023)', () => {
  it.each(['calm', 'lossy30', 'reordering', 'duplicating'] as const)('come up and live, %s', (weather) => {
    forEachSeed(50, (seed) => {
      const dice = new Dice(seed);
      const tunnel = { childless: true, childLifetime: 5 * MINUTE, ikeLifetime: 8 * MINUTE };
      const reauthenticate = dice.chance(0.3);
      const pair = new CorePair({
        seed,
        network: PRESETS[weather],
        tunnel,
        left: { policy: { reauthenticate } },
        ...(dice.chance(0.5) ? { right: { policy: { childless: false } } } : {}),
      });
      const both = dice.chance(0.3);
      pair.awaitConnection(both ? [pair.left, pair.right] : [pair.left]);
      pair.world.run(20 * MINUTE);
      pair.world.network.conditions = PRESETS.calm;
      pair.awaitConnection([pair.left]);
      pair.world.run(MINUTE);
      expectAgreement(pair.world, pair.left, pair.right);
    });
  });
});
