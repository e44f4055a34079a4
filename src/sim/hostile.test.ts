import { describe, expect, it } from 'vitest';
import { toHex } from '../base/bytes.ts';
import { SECOND } from '../base/time.ts';
import { Attacker } from './attacker.ts';
import { HOME_ROUTER, PRESETS } from './conditions.ts';
import { Dice } from './dice.ts';
import type { SimGateway } from './gateway.ts';
import { expectAgreement, expectInOrder } from './invariants.ts';
import type { Datagram } from './network.ts';
import type { PairOptions } from './pair.ts';
import { CorePair } from './pair.ts';
import { forEachSeed } from './seeds.ts';
import type { Side } from './tunnels.ts';
import { LEFT, RIGHT } from './tunnels.ts';

const INSIDE: Side = { ...LEFT, address: '10.9.0.2', publicAddress: LEFT.address };
const BEHIND_NAT: Omit<PairOptions, 'seed'> = {
  nats: [{ ...HOME_ROUTER, address: LEFT.address, inside: [INSIDE.address] }],
  left: { side: INSIDE },
};

/** All that an attack could change, timers and counters of the kernel included. */
function stateOf(gateway: SimGateway): string {
  const views = gateway.machine.views();
  const timers = [...gateway.timers].map(([key, { at }]) => [key, at]).sort();
  const sas = gateway.kernel.sas().map(({ spec }) => [spec.spi, spec.destination, spec.encap]);
  return JSON.stringify({ views, timers, sas, policies: gateway.kernel.policies() });
}

function connectedWithAttacker(
  seed: number,
  options: Omit<PairOptions, 'seed'> = {},
): { pair: CorePair; attacker: Attacker; captured: readonly Datagram[] } {
  const pair = new CorePair({ seed, ...options });
  const attacker = new Attacker(pair.world);
  pair.connect();
  // Long enough for a liveness exchange, so that there are captured INFORMATIONAL messages too.
  pair.world.runUntil('quiet after liveness', () => attacker.captured.length >= 6 && pair.world.idle, 60 * SECOND);
  return { pair, attacker, captured: attacker.captured.slice() };
}

/** Whatever `attack` injects, no state changes on either side. Returns how many datagrams went out meanwhile. */
function expectNoEffect(pair: CorePair, what: string, attack: () => void): number {
  const before = [stateOf(pair.left), stateOf(pair.right)];
  let replies = 0;
  const stop = pair.world.network.tap(() => replies++);
  attack();
  // No time passes, so that nothing happens by itself.
  pair.world.run(0);
  stop();
  for (const [index, gateway] of [pair.left, pair.right].entries())
    if (stateOf(gateway) !== before[index]) pair.world.fail(`${what} changed ${gateway.name}`);
  return replies;
}

describe('an attacker without keys against an established tunnel', () => {
  it('replays of every captured datagram change nothing', () => {
    const { pair, attacker, captured } = connectedWithAttacker(1);
    for (const datagram of captured) expectNoEffect(pair, 'a replay', () => attacker.replay(datagram));
  });

  it('replays from elsewhere change nothing and move no endpoint', () => {
    const { pair, attacker, captured } = connectedWithAttacker(2);
    const protectedOnes = captured.filter(({ bytes }) => bytes[18] !== 34);
    expect(protectedOnes.length).toBeGreaterThan(2);
    for (const datagram of protectedOnes)
      expectNoEffect(pair, 'a replay from elsewhere', () =>
        attacker.replayFrom(datagram, { address: '203.0.113.66', port: 4500 }),
      );
  });

  it('behind NAT, where the endpoint may move: only for what is authentic and new (RFC 7296 §2.23)', () => {
    const { pair, attacker, captured } = connectedWithAttacker(6, BEHIND_NAT);
    const from = { address: '203.0.113.66', port: 4500 };
    const toRight = captured.filter(({ to }) => to.address === RIGHT.address && to.port === 4500);
    expect(toRight.length).toBeGreaterThan(1);
    for (const datagram of toRight) {
      expectNoEffect(pair, 'a replay from elsewhere', () => attacker.replayFrom(datagram, from));
      for (let bit = 0; bit < datagram.bytes.length * 8; bit += 3)
        expectNoEffect(pair, `bit ${bit} from elsewhere`, () => attacker.flip({ ...datagram, from }, bit));
    }
  });

  it('reflections change nothing and are not answered', () => {
    const { pair, attacker, captured } = connectedWithAttacker(3);
    for (const datagram of captured)
      expect(expectNoEffect(pair, 'a reflection', () => attacker.reflect(datagram))).toBe(0);
  });

  it('mutations of every kind change nothing in what is established', () => {
    forEachSeed(10, (seed) => {
      const { pair, attacker, captured } = connectedWithAttacker(seed);
      const dice = new Dice(seed);
      for (let n = 0; n < 300; n++) {
        attacker.mutate(dice.pick(captured));
        if (n % 30 === 0) pair.world.run(200);
      }
      pair.world.run(90 * SECOND);
      expectAgreement(pair.world, pair.left, pair.right);
      expect(pair.exchangePackets()).toEqual(['delivered', 'delivered']);
    });
  });

  it('garbage of any length changes nothing', () => {
    const { pair, attacker } = connectedWithAttacker(5);
    expectNoEffect(pair, 'garbage', () => {
      for (let n = 0; n < 2_000; n++) {
        const target = n % 2 === 0 ? pair.left : pair.right;
        const source = n % 3 === 0 ? { address: '203.0.113.66', port: 500 } : { address: pair.left.address, port: 500 };
        attacker.garbage(source, { address: target.address, port: n % 5 === 0 ? 4500 : 500 });
      }
    });
  });
});

describe('a message that is due, but with one bit flipped (RFC 7296 §3.14)', () => {
  /** Connects with an attacker who carries each datagram himself, after he has tried all of its bits. */
  function carry(options: Omit<PairOptions, 'seed'>, source: Partial<Datagram> = {}): void {
    const pair = new CorePair({ seed: 1, network: { ...PRESETS.calm, loss: 1 }, ...options });
    const attacker = new Attacker(pair.world);
    pair.initiate(pair.left);
    const informational = new Set<string>();
    // Until each side has asked whether the other one lives and has had its answer.
    while (informational.size < 4) {
      pair.world.runUntil('the next datagram', () => attacker.captured.length > 0 && pair.world.idle, 20 * SECOND);
      for (const datagram of attacker.captured.splice(0)) {
        const arriving = { ...datagram, ...pair.world.network.route(datagram.from, datagram.to) };
        if (exchangeOf(arriving) !== 34) tryAllBits(pair, attacker, { ...arriving, ...source });
        if (exchangeOf(arriving) === 37) informational.add(toHex(datagram.bytes));
        attacker.replay(arriving);
        pair.world.run(5);
      }
    }
    expectAgreement(pair.world, pair.left, pair.right);
  }

  function tryAllBits(pair: CorePair, attacker: Attacker, datagram: Datagram): void {
    for (let bit = 0; bit < datagram.bytes.length * 8; bit++) {
      const answers = expectNoEffect(pair, `bit ${bit}`, () => attacker.flip(datagram, bit));
      // An unknown SPI or version may earn an answer in clear; what only fails the integrity check may not.
      if (bit >= 28 * 8) expect(answers).toBe(0);
    }
  }

  function exchangeOf({ bytes, to: { port } }: Datagram): number | undefined {
    return bytes[port === 500 ? 18 : 22];
  }

  it('is dropped unanswered; window, timers and endpoints stay; the true one is taken afterwards', () => {
    carry({});
  });

  it('moves no endpoint where it comes from elsewhere', () => {
    carry(BEHIND_NAT, { from: { address: '203.0.113.66', port: 4500 } });
  });
});

describe('an attacker during the initial exchanges', () => {
  it('replays, mutations and reflections may cost an attempt, never an invariant, and the tunnel comes up', () => {
    forEachSeed(150, (seed) => {
      const dice = new Dice(seed);
      const pair = new CorePair({ seed, network: dice.chance(0.5) ? PRESETS.calm : PRESETS.lossy10 });
      const attacker = new Attacker(pair.world);
      let busy = true;
      pair.world.network.tap((datagram) => {
        if (!busy || !dice.chance(0.5)) return;
        if (dice.chance(0.4)) attacker.mutate(datagram);
        else if (dice.chance(0.5)) attacker.replay(dice.pick(attacker.captured));
        else attacker.reflect(datagram);
      });
      pair.initiate(pair.left);
      pair.world.run(30 * SECOND);
      busy = false;
      pair.world.run(120 * SECOND);
      expectInOrder(pair.world);
      if (!pair.connected) pair.connect();
    });
  });
});
