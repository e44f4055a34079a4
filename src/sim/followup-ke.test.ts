import { describe, expect, it } from 'vitest';
import { MINUTE, SECOND } from '../base/time.ts';
import { formatSuite } from '../sa/proposal.ts';
import { HYBRID, WANTS } from './collisions.ts';
import { HOME_ROUTER, PRESETS, type PresetName } from './conditions.ts';
import { Dice } from './dice.ts';
import type { SimGateway } from './gateway.ts';
import { expectAgreement, installedChildren } from './invariants.ts';
import { MessageGate } from './message-gate.ts';
import { OPERATION_NAMES, perform } from './operations.ts';
import { CorePair, countEvents, type PairOptions } from './pair.ts';
import { forEachSeed } from './seeds.ts';
import { expectToSettle } from './settling.ts';
import { SteadyTraffic } from './steady-traffic.ts';
import { CHEAP_ESP, CHEAP_IKE, LEFT } from './tunnels.ts';

const SHORT = { childLifetime: 2 * MINUTE, ikeLifetime: 5 * MINUTE } as const;

/** What both ends want, so that there is something that both do. */
const PAIRS = [
  [WANTS.always, WANTS.always],
  [WANTS.rather, WANTS.ratherNot],
  [WANTS.ratherNot, WANTS.rather],
  [WANTS.rather, WANTS.never],
  [WANTS.never, WANTS.rather],
] as const;

function rekeyings(pair: CorePair): number {
  const types = ['child.rekeyed', 'ike.rekeyed'] as const;
  return [pair.left, pair.right].flatMap((end) => types.map((type) => countEvents(end, type))).reduce((a, b) => a + b);
}

/** Sends for `length` without losing a packet, and is in order afterwards. */
function live(pair: CorePair, length: number): void {
  const traffic = new SteadyTraffic(pair, SECOND).start();
  pair.world.run(length);
  traffic.stop();
  expectToSettle(pair);
}

describe('rekeyings with additional key exchanges (RFC 9370 §2.2.4)', () => {
  const paths: PresetName[] = ['calm', 'lossy10', 'lossy30', 'duplicating', 'reordering', 'satellite'];
  it.each(paths)('of both kinds of SA, again and again, lose no packet that the path carries: %s', (name) => {
    forEachSeed(8, (seed) => {
      const pair = new CorePair({ seed, tunnel: { ...WANTS.always, ...SHORT } });
      pair.connect();
      pair.world.network.conditions = PRESETS[name];
      live(pair, 20 * MINUTE);
      expect(rekeyings(pair)).toBeGreaterThan(20);
      for (const { suite } of [...installedChildren(pair.left), ...pair.left.machine.views()])
        expect(suite && formatSuite(suite)).toMatch(/-ke1_ecp256$/);
    });
  });

  it('whatever each end wants of them, as long as there is something that both do', () => {
    forEachSeed(40, (seed) => {
      const [left, right] = new Dice(seed).pick(PAIRS);
      const pair = new CorePair({ seed, tunnel: SHORT, left: { policy: left }, right: { policy: right } });
      pair.connect();
      live(pair, 10 * MINUTE);
      expect(rekeyings(pair)).toBeGreaterThan(10);
    });
  });

  it('with ML-KEM, whose values go in fragments, also on a lossy path', () => {
    forEachSeed(3, (seed) => {
      const additional = [
        { slot: 1, methods: ['mlkem1024'] },
        { slot: 2, methods: ['mlkem768'] },
      ] as const;
      const esp = { ...CHEAP_ESP, keyExchange: ['curve25519'], additional } as const;
      const pair = new CorePair({
        seed,
        tunnel: { childProposals: [esp], ikeProposals: [{ ...CHEAP_IKE, additional }] },
      });
      pair.connect();
      pair.world.network.conditions = PRESETS.lossy10;
      let largest = 0;
      pair.world.network.tap(({ bytes }) => {
        largest = Math.max(largest, bytes.length);
      });
      for (const name of ['rekey the Child SA', 'rekey the IKE SA'] as const) {
        perform(pair, name, seed % 2 === 0 ? pair.left : pair.right);
        pair.world.run(20 * SECOND);
      }
      expectToSettle(pair);
      expect(largest).toBeLessThanOrEqual(1280 - 28);
      expect(rekeyings(pair)).toBe(4);
    });
  });

  it('key exchanges that take their time hold nothing up for good', () => {
    forEachSeed(10, (seed) => {
      const slow = { jobDelay: [200, 2_500] } as const;
      const pair = new CorePair({ seed, ...HYBRID, left: slow, right: slow, network: PRESETS.lossy10 });
      pair.connect();
      for (const end of [pair.left, pair.right]) perform(pair, 'rekey the Child SA', end);
      pair.world.run(20 * SECOND);
      for (const end of [pair.left, pair.right]) perform(pair, 'rekey the IKE SA', end);
      pair.world.run(20 * SECOND);
      expectToSettle(pair);
      expect(rekeyings(pair)).toBeGreaterThanOrEqual(4);
    });
  });
});

describe('an initiator of CREATE_CHILD_SA that never goes on', () => {
  it.each(['rekey the Child SA', 'rekey the IKE SA'] as const)(
    '%s: is forgotten, and all goes on as before',
    (name) => {
      for (const side of ['left', 'right'] as const) {
        const pair = new CorePair({
          seed: 1,
          ...HYBRID,
          tunnel: { ...WANTS.always, dpd: { delay: 60 * SECOND, timeout: 70 * SECOND, action: 'hold' } },
        });
        pair.connect();
        const traffic = new SteadyTraffic(pair, SECOND).start();
        const gate = new MessageGate(pair.world);
        const a = pair[side];
        const b: SimGateway = side === 'left' ? pair.right : pair.left;
        perform(pair, name, a);
        pair.world.run(20);
        gate.pass({ from: a, exchange: 'CREATE_CHILD_SA' });
        expect(b.kernel.tables.larval.size).toBe(name === 'rekey the Child SA' ? 1 : 0);
        // Its IKE_FOLLOWUP_KE does not come for as long as the other end remembers.
        gate.pass({ from: b, exchange: 'CREATE_CHILD_SA' });
        for (let second = 0; second < 21; second++) {
          pair.world.run(SECOND);
          while (gate.waiting.length > 0) gate.drop({});
        }
        expect(b.kernel.tables.larval.size).toBe(0);
        expect(installedChildren(b)).toHaveLength(1);
        expect(rekeyings(pair)).toBe(0);
        gate.open();
        pair.world.run(30 * SECOND);
        expect(gate.passed({ says: 'N(STATE_NOT_FOUND)' })).toHaveLength(1);
        traffic.stop();
        expectToSettle(pair);
        expect(rekeyings(pair)).toBe(2);
      }
    },
  );
});

describe('additional key exchanges among all else', () => {
  const paths: PresetName[] = ['calm', 'calm', 'lossy10', 'lossy30', 'duplicating', 'reordering', 'awful'];
  const inside = { ...LEFT, address: '10.9.0.2', publicAddress: LEFT.address };

  it.each([
    ['three operations', 200, 3],
    ['many operations', 60, 10],
  ] as const)('%s that cross', (_, seeds, count) => {
    forEachSeed(seeds, (seed) => {
      const dice = new Dice(seed);
      const [left, right] = dice.pick(PAIRS);
      const behindNat = dice.chance(0.3);
      const options: PairOptions = {
        seed,
        left: { policy: left, ...(behindNat ? { side: inside } : {}) },
        right: { policy: right },
        ...(behindNat ? { nats: [{ ...HOME_ROUTER, address: LEFT.address, inside: [inside.address] }] } : {}),
      };
      const pair = new CorePair(options);
      pair.connect();
      pair.world.run(dice.within([0, 30 * SECOND]));
      pair.world.network.conditions = PRESETS[dice.pick(paths)];
      for (let index = 0; index < count; index++) {
        perform(pair, dice.pick(OPERATION_NAMES), dice.pick([pair.left, pair.right]));
        pair.world.run(dice.chance(0.3) ? 0 : dice.within([0, dice.pick([5, 40, 400, 4_000])]));
      }
      pair.world.run(dice.within([0, 20 * SECOND]));
      expectToSettle(pair);
    });
  });

  it('a gateway that moves in the middle of it (RFC 4555): the successor leads to where it is', () => {
    const addresses = ['192.0.2.1', '192.0.2.2', '192.0.2.3'] as const;
    forEachSeed(60, (seed) => {
      const dice = new Dice(seed);
      const pair = new CorePair({
        seed,
        ...HYBRID,
        network: PRESETS[dice.pick(['calm', 'lossy10', 'reordering'] as const)],
      });
      pair.connect();
      let to: string = addresses[0];
      for (let step = 0; step < 3; step++) {
        perform(pair, dice.pick(['rekey the IKE SA', 'rekey the Child SA']), dice.pick([pair.left, pair.right]));
        pair.world.run(dice.within([0, 80]));
        to = dice.pick(addresses.filter((address) => address !== to));
        pair.move(pair.left, to);
        pair.world.run(dice.within([0, dice.pick([80, 9_000])]));
      }
      pair.world.run(40 * SECOND);
      pair.world.runUntil('quiet', () => pair.world.idle, 2 * MINUTE);
      expectAgreement(pair.world, pair.left, pair.right);
      const [sa] = pair.right.machine.views();
      if (sa?.remote.address !== to) pair.world.fail(`the right end sends to ${sa?.remote.address}, not to ${to}`);
      expectToSettle(pair);
    });
  });
});
