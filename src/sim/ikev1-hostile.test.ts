import { describe, expect, it } from 'vitest';
import { MINUTE, SECOND } from '../base/time.ts';
import { Attacker } from './attacker.ts';
import { HOME_ROUTER, PRESETS } from './conditions.ts';
import { Dice } from './dice.ts';
import type { SimGateway } from './gateway.ts';
import { expectAgreement, expectInOrder } from './invariants.ts';
import type { Datagram } from './network.ts';
import type { PairOptions } from './pair.ts';
import { CorePair, countEvents } from './pair.ts';
import { forEachSeed } from './seeds.ts';
import type { Side } from './tunnels.ts';
import { LEFT } from './tunnels.ts';

const INSIDE: Side = { ...LEFT, address: '10.9.0.2', publicAddress: LEFT.address };
const BEHIND_NAT = {
  nats: [{ ...HOME_ROUTER, address: LEFT.address, inside: [INSIDE.address] }],
  left: { side: INSIDE },
};
const ELSEWHERE = { address: '203.0.113.66', port: 4500 };

/** All that an attack could change, timers and counters of the kernel included. */
function stateOf(gateway: SimGateway): string {
  const { machine, kernel } = gateway;
  const timers = [...gateway.timers].map(([key, { at }]) => [key, at]).sort();
  const sas = kernel.sas().map(({ spec }) => [spec.spi, spec.destination, spec.encap]);
  const state = { views: machine.views(), children: machine.children(), timers, sas, policies: kernel.policies() };
  return JSON.stringify(state);
}

function expectNoEffect(pair: CorePair, what: string, attack: () => void): number {
  const before = [stateOf(pair.left), stateOf(pair.right)];
  let replies = 0;
  const stop = pair.world.network.tap(() => replies++);
  attack();
  pair.world.run(0);
  stop();
  for (const [index, gateway] of [pair.left, pair.right].entries())
    if (stateOf(gateway) !== before[index]) pair.world.fail(`${what} changed ${gateway.name}`);
  return replies;
}

describe.each(['main', 'aggressive'] as const)('an attacker without keys, %s mode', (mode) => {
  const tunnel = { version: 1, mode } as const;

  function connected(seed: number, options: Omit<PairOptions, 'seed'> = {}) {
    const pair = new CorePair({ seed, tunnel, ...options });
    const attacker = new Attacker(pair.world);
    pair.connect();
    // DPD both ways; Quick Modes are forgotten by then, so that nothing is answered from memory.
    pair.world.run(2 * MINUTE);
    pair.world.runUntil('quiet', () => pair.world.idle, SECOND);
    return { pair, attacker, captured: attacker.captured.slice() };
  }

  it('replays, from there or elsewhere, change nothing', () => {
    for (const options of [{}, BEHIND_NAT]) {
      const { pair, attacker, captured } = connected(1, options);
      for (const datagram of captured) {
        const arriving = { ...datagram, ...pair.world.network.route(datagram.from, datagram.to) };
        if (!isEncrypted(datagram)) continue;
        expectNoEffect(pair, 'a replay', () => attacker.replay(arriving));
        expectNoEffect(pair, 'a replay from elsewhere', () => attacker.replayFrom(arriving, ELSEWHERE));
      }
    }
  });

  it('reflections change nothing and are not answered, though both directions have one key', () => {
    for (const options of [{}, BEHIND_NAT]) {
      const { pair, attacker, captured } = connected(2, options);
      for (const datagram of captured)
        expect(expectNoEffect(pair, 'a reflection', () => attacker.reflect(datagram))).toBe(0);
    }
  });

  it('a dead peer is found out though its DPD is sent back to the one who asks', () => {
    const pair = new CorePair({ seed: 3, tunnel });
    const attacker = new Attacker(pair.world);
    pair.connect();
    pair.world.network.partition(pair.left.address, pair.right.address);
    pair.world.network.tap((datagram) => attacker.reflect(datagram));
    pair.world.run(40 * SECOND);
    expect([countEvents(pair.left, 'peer.unresponsive'), countEvents(pair.right, 'peer.unresponsive')]).toEqual([1, 1]);
  });

  it('one bit flipped in anything encrypted changes nothing and is not answered', () => {
    const { pair, attacker, captured } = connected(4, BEHIND_NAT);
    for (const datagram of captured.filter(isEncrypted).slice(0, 12))
      for (let bit = 28 * 8; bit < datagram.bytes.length * 8; bit += 7) {
        const arriving = { ...datagram, ...pair.world.network.route(datagram.from, datagram.to) };
        expect(expectNoEffect(pair, `bit ${bit}`, () => attacker.flip(arriving, bit))).toBe(0);
      }
  });

  it('mutations of every kind change nothing in what is established', () => {
    forEachSeed(6, (seed) => {
      const { pair, attacker, captured } = connected(seed);
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

  it('during the exchanges: it may cost an attempt, never an invariant, and the tunnel comes up', () => {
    forEachSeed(50, (seed) => {
      const dice = new Dice(seed);
      const pair = new CorePair({ seed, network: dice.chance(0.5) ? PRESETS.calm : PRESETS.lossy10, tunnel });
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
      if (!pair.connected) pair.awaitConnection([pair.left, pair.right]);
    });
  });
});

/** The flag of RFC 2408 §3.1, behind the non-ESP marker where there is one. */
function isEncrypted({ bytes, to: { port } }: Datagram): boolean {
  return ((bytes[port === 500 ? 19 : 23] ?? 0) & 1) !== 0;
}
