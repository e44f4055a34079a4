import { describe, it } from 'vitest';
import { SECOND } from '../base/time.ts';
import type { PresetName } from './conditions.ts';
import { PRESETS } from './conditions.ts';
import { Dice } from './dice.ts';
import type { SimGateway } from './gateway.ts';
import { establishedIkeSas, installedChildren } from './invariants.ts';
import { CorePair } from './pair.ts';
import { forEachSeed } from './seeds.ts';
import { expectToSettle } from './settling.ts';

/** Begins something by itself on one side, as its own timer or its kernel would. */
type Operation = (gateway: SimGateway) => void;

const OPERATIONS: { readonly [name: string]: Operation } = {
  'rekey the Child SA': (gateway) => {
    for (const { id, tunnel } of installedChildren(gateway)) gateway.fire(`sas:${tunnel}:rekey-${id}`);
  },
  'new phase 1': (gateway) => fireOfIkeSas(gateway, 'rekey'),
  'delete the Child SA': (gateway) => {
    for (const { inbound } of installedChildren(gateway)) gateway.kernel.expire(inbound);
  },
  'delete the IKE SA': (gateway) => fireOfIkeSas(gateway, 'expiry'),
  'DPD probe': (gateway) => fireOfIkeSas(gateway, 'liveness'),
};
const NAMES = Object.keys(OPERATIONS);
const WEATHERS: readonly PresetName[] = ['calm', 'calm', 'lossy10', 'lossy30', 'duplicating', 'reordering', 'awful'];

function fireOfIkeSas(gateway: SimGateway, name: string): void {
  for (const { id } of establishedIkeSas(gateway)) gateway.fire(`ike:${id}:${name}`);
}

function perform(pair: CorePair, name: string, gateway: SimGateway): void {
  pair.world.note(() => `== ${name} on ${gateway.name}`);
  OPERATIONS[name]?.(gateway);
}

describe.each(['main', 'aggressive'] as const)('operations that cross, after %s mode', (mode) => {
  const pairs = NAMES.flatMap((first, index) => NAMES.slice(index).map((second) => ({ first, second })));

  it.each(pairs)('$first and $second', ({ first, second }) => {
    forEachSeed(4, (seed) => {
      const dice = new Dice(seed);
      const pair = new CorePair({ seed, tunnel: { version: 1, mode } });
      pair.connect();
      pair.world.run(dice.within([21 * SECOND, 60 * SECOND]));
      pair.world.network.conditions = PRESETS[dice.pick(WEATHERS)];
      const sides = dice.chance(0.7) ? [pair.left, pair.right] : [pair.right, pair.right];
      const names = dice.chance(0.5) ? [first, second] : [second, first];
      for (const [index, name] of names.entries()) {
        perform(pair, name, sides[index] ?? pair.left);
        pair.world.run(dice.chance(0.3) ? 0 : dice.within([0, dice.pick([40, 400, 4_000])]));
      }
      pair.world.run(dice.within([0, 20 * SECOND]));
      expectToSettle(pair);
    });
  });

  it('many of them, anywhere', () => {
    forEachSeed(40, (seed) => {
      const dice = new Dice(seed);
      const pair = new CorePair({ seed, tunnel: { version: 1, mode } });
      pair.connect();
      pair.world.run(21 * SECOND);
      pair.world.network.conditions = PRESETS[dice.pick(WEATHERS)];
      for (let n = 0; n < 8; n++) {
        perform(pair, dice.pick(NAMES), dice.pick([pair.left, pair.right]));
        pair.world.run(dice.within([0, dice.pick([5, 40, 400, 4_000])]));
      }
      expectToSettle(pair);
    });
  });
});
