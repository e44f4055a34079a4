import { describe, it } from 'vitest';
import { SECOND } from '../base/time.ts';
import type { PresetName } from './conditions.ts';
import { HOME_ROUTER, PRESETS } from './conditions.ts';
import { Dice } from './dice.ts';
import { OPERATION_NAMES, type OperationName, perform } from './operations.ts';
import type { PairOptions } from './pair.ts';
import { CorePair } from './pair.ts';
import { forEachSeed } from './seeds.ts';
import { expectToSettle } from './settling.ts';
import { LEFT } from './tunnels.ts';

const WEATHERS: readonly PresetName[] = ['calm', 'calm', 'lossy10', 'lossy30', 'duplicating', 'reordering', 'awful'];
const INSIDE = { ...LEFT, address: '10.9.0.2', publicAddress: LEFT.address };
const BEHIND_NAT: Omit<PairOptions, 'seed'> = {
  nats: [{ ...HOME_ROUTER, address: LEFT.address, inside: [INSIDE.address] }],
  left: { side: INSIDE },
};

function race(seed: number, nameOf: (dice: Dice, index: number) => OperationName, count: number): void {
  const dice = new Dice(seed);
  const pair = new CorePair({ seed, ...(dice.chance(0.3) ? BEHIND_NAT : {}) });
  pair.connect();
  pair.world.run(dice.within([0, 30 * SECOND]));
  pair.world.network.conditions = PRESETS[dice.pick(WEATHERS)];
  const sides = dice.pick([
    [pair.left, pair.right],
    [pair.right, pair.left],
    [pair.right, pair.right],
    [pair.left, pair.left],
  ]);
  for (let index = 0; index < count; index++) {
    perform(pair, nameOf(dice, index), sides[index] ?? dice.pick(sides));
    pair.world.run(dice.chance(0.3) ? 0 : dice.within([0, dice.pick([5, 40, 400, 4_000])]));
  }
  pair.world.run(dice.within([0, 20 * SECOND]));
  expectToSettle(pair);
}

describe('operations of IKEv2 that cross', () => {
  const pairs = OPERATION_NAMES.flatMap((first, index) =>
    OPERATION_NAMES.slice(index).map((second) => [first, second]),
  );

  it.each(pairs)('%s and %s', (...names) => {
    forEachSeed(40, (seed) => race(seed, (_, index) => names[index] ?? 'probe the peer', 2));
  });

  it('three of them', () => {
    forEachSeed(300, (seed) => race(seed, (dice) => dice.pick(OPERATION_NAMES), 3));
  });

  it('many of them', () => {
    forEachSeed(200, (seed) => race(seed, (dice) => dice.pick(OPERATION_NAMES), 10));
  });
});
