import { describe, expect, it } from 'vitest';
import { MINUTE, SECOND } from '../base/time.ts';
import { SIDES, setUp } from './collisions.ts';
import type { PresetName } from './conditions.ts';
import { PRESETS } from './conditions.ts';
import { Dice } from './dice.ts';
import type { SimGateway } from './gateway.ts';
import { establishedIkeSas, installedChildren } from './invariants.ts';
import { OPERATION_NAMES, perform } from './operations.ts';
import { CorePair, command, countEvents } from './pair.ts';
import { forEachSeed } from './seeds.ts';
import { expectToSettle } from './settling.ts';

/** What an operator does to one SA alone, while either end goes on by itself. */

const WEATHERS: readonly PresetName[] = ['calm', 'lossy10', 'lossy30', 'duplicating', 'reordering', 'awful'];
const reason = { code: 'terminated', text: 'asked to' } as const;

/** Also those that are being replaced. */
function endChild(gateway: SimGateway): void {
  for (const { id, tunnel, state } of gateway.machine.children())
    if (state === 'installed' || state === 'rekeying')
      command(gateway, { kind: 'end-child', tunnel, child: id, reason });
}

const ACTS: readonly ((gateway: SimGateway) => void)[] = [
  endChild,
  (gateway) => {
    for (const { id, tunnel } of installedChildren(gateway))
      command(gateway, { kind: 'rekey-child', tunnel, child: id });
  },
  ...[true, false].map((anew) => (gateway: SimGateway) => {
    for (const { id } of establishedIkeSas(gateway)) command(gateway, { kind: 'rekey-ike', ikeSa: id, anew });
  }),
  ...[true, false].map((atOnce) => (gateway: SimGateway) => {
    for (const { id } of establishedIkeSas(gateway)) command(gateway, { kind: 'end-ike', ikeSa: id, reason, atOnce });
  }),
];

describe.each([1, 2] as const)('what an operator does to single SAs of IKEv%i', (version) => {
  it('leaves nothing half done, whatever crosses with it', () => {
    forEachSeed(40, (seed) => {
      const dice = new Dice(seed);
      const pair = new CorePair({ seed, tunnel: { version } });
      pair.connect();
      pair.world.run(dice.within([21 * SECOND, 40 * SECOND]));
      pair.world.network.conditions = PRESETS[dice.pick(WEATHERS)];
      for (let n = 0; n < 4; n++) {
        const gateway = dice.pick([pair.left, pair.right]);
        if (dice.chance(0.6)) dice.pick(ACTS)(gateway);
        else perform(pair, dice.pick(OPERATION_NAMES), gateway);
        pair.world.run(dice.chance(0.3) ? 0 : dice.within([0, dice.pick([5, 40, 400, 4_000])]));
      }
      pair.world.run(dice.within([0, 20 * SECOND]));
      expectToSettle(pair);
    });
  });
});

describe.each(SIDES)('one Child SA is ended: %s', (side) => {
  it.each(['request', 'Delete'] as const)(
    'it is gone for good though the other end rekeys it at the same time, the %s first (RFC 7296 §2.25.1)',
    (first) => {
      const { stage, a, b } = setUp(side);
      stage.traffic.stop();
      endChild(a);
      stage.rekeyChild(b);
      const pass = {
        request: () => stage.pass(b, 'request', 'N(REKEY_SA'),
        Delete: () => stage.pass(a, 'request', 'D(ESP'),
      };
      pass[first]();
      pass[first === 'request' ? 'Delete' : 'request']();
      stage.gate.open();
      stage.pair.world.run(2 * MINUTE);
      for (const gateway of [a, b]) {
        expect(gateway.machine.children()).toEqual([]);
        expect(gateway.kernel.tables.sas.size).toBe(0);
        expect(establishedIkeSas(gateway)).toHaveLength(1);
        expect(countEvents(gateway, 'child.rekeyed')).toBe(0);
      }
    },
  );

  it('it is gone for good though its own successor has been asked for', () => {
    const { stage, a, b } = setUp(side);
    stage.traffic.stop();
    stage.rekeyChild(a);
    endChild(a);
    stage.gate.open();
    stage.pair.world.run(2 * MINUTE);
    for (const gateway of [a, b]) {
      expect(gateway.machine.children()).toEqual([]);
      expect(gateway.kernel.tables.sas.size).toBe(0);
    }
  });
});
