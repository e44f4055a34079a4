import { describe, expect, it } from 'vitest';
import { SECOND } from '../base/time.ts';
import { Attacker } from './attacker.ts';
import { PRESETS } from './conditions.ts';
import { installedChildren } from './invariants.ts';
import type { PairOptions } from './pair.ts';
import { CorePair, countEvents } from './pair.ts';
import { forEachSeed } from './seeds.ts';
import { CHEAP_IKE, LEFT, RIGHT, tunnelPolicy } from './tunnels.ts';

/** The left side guesses a group that the right one does not take. */
const WRONG_GUESS: Omit<PairOptions, 'seed'> = {
  left: { policy: { ikeProposals: [{ ...CHEAP_IKE, keyExchange: ['curve25519', 'modp1024'] }] } },
  right: { policy: { ikeProposals: [{ ...CHEAP_IKE, keyExchange: ['modp1024'] }] } },
};

/** Takes calls from anywhere, so that every spoofed source might be an honest peer. */
const OPEN_HOUSE = { policy: { remote: { ...tunnelPolicy(RIGHT, LEFT).remote, address: { kind: 'any' } } } } as const;

/** Half-open IKE SAs from sources that do not exist, until the responder asks for cookies. */
function flood(pair: CorePair, attacker: Attacker, count: number): void {
  const init = attacker.captured.find(({ to }) => to.address === pair.right.address);
  if (init === undefined) throw new Error('nothing was sent to the responder');
  for (let n = 0; n < count; n++) attacker.spoofInit(init, { address: `203.0.${n >> 8}.${n & 255}`, port: 500 });
  pair.world.run(1);
}

/** Counts IKE_SA_INIT answers that hold nothing but a notify: a COOKIE, as nothing else is refused in these tests. */
function cookies(pair: CorePair): () => number {
  let count = 0;
  pair.world.network.tap(({ bytes }) => {
    // Next payload 41: Notify; exchange type IKE_SA_INIT; the response flag.
    if (bytes[16] === 41 && bytes[18] === 34 && (bytes[19] ?? 0) === 0x20) count++;
  });
  return () => count;
}

function initRequests(pair: CorePair): () => number {
  let count = 0;
  pair.world.network.tap(({ from, bytes }) => {
    // Exchange type IKE_SA_INIT, original initiator, not a response.
    if (from.address === pair.left.address && bytes[18] === 34 && (bytes[19] ?? 0) === 0x08) count++;
  });
  return () => count;
}

describe('IKE_SA_INIT that is not taken at once', () => {
  it('INVALID_KE_PAYLOAD: the initiator repeats with the group that it is told (RFC 7296 §1.2)', () => {
    forEachSeed(30, (seed) => {
      const pair = new CorePair({ seed, network: seed % 2 === 0 ? PRESETS.calm : PRESETS.lossy10, ...WRONG_GUESS });
      const requests = initRequests(pair);
      pair.connect();
      expect(requests()).toBeGreaterThanOrEqual(2);
      expect(pair.left.machine.views()[0]?.suite?.keyExchange).toBe('modp1024');
    });
  });

  it('COOKIE: under a flood the initiator proves its address and gets in (RFC 7296 §2.6)', () => {
    forEachSeed(20, (seed) => {
      const network = seed % 2 === 0 ? PRESETS.calm : PRESETS.lossy10;
      const pair = new CorePair({ seed, network, right: OPEN_HOUSE });
      const attacker = new Attacker(pair.world);
      const requests = initRequests(pair);
      pair.initiate(pair.left);
      pair.world.runUntil('a request is out', () => requests() > 0, SECOND);
      flood(pair, attacker, 60);
      const demanded = cookies(pair);
      flood(pair, attacker, 240);
      expect(demanded()).toBe(240);
      pair.awaitConnection([pair.left]);
      // The left side needed one as well.
      expect(demanded()).toBeGreaterThan(240);
      expect(pair.exchangePackets()).toEqual(['delivered', 'delivered']);
    });
  });

  it('COOKIE and INVALID_KE_PAYLOAD together, in whatever order (RFC 7296 §2.6.1)', () => {
    forEachSeed(20, (seed) => {
      const right = { policy: { ...WRONG_GUESS.right?.policy, ...OPEN_HOUSE.policy } };
      const pair = new CorePair({ seed, ...WRONG_GUESS, right });
      const attacker = new Attacker(pair.world);
      const requests = initRequests(pair);
      pair.initiate(pair.left);
      pair.world.runUntil('a request is out', () => requests() > 0, SECOND);
      flood(pair, attacker, 300);
      pair.awaitConnection([pair.left]);
    });
  });
});

describe('a flood of spoofed IKE_SA_INIT', () => {
  it('memory stays bounded, established SAs live on, and afterwards nothing is left', () => {
    const pair = new CorePair({ seed: 1, right: OPEN_HOUSE });
    const attacker = new Attacker(pair.world);
    pair.connect();
    let worst = 0;
    for (let round = 0; round < 10; round++) {
      flood(pair, attacker, 2_000);
      pair.world.run(2 * SECOND);
      worst = Math.max(worst, pair.right.machine.views().length);
    }
    // Half-open ones up to the number from which cookies are demanded, and ours.
    expect(worst).toBe(33);
    expect(installedChildren(pair.right)).toHaveLength(1);
    expect(countEvents(pair.right, 'ike.closed')).toBe(0);
    expect(pair.exchangePackets()).toEqual(['delivered', 'delivered']);
    pair.world.run(120 * SECOND);
    expect(pair.right.machine.views()).toHaveLength(1);
    expect(pair.right.timers.size).toBeLessThan(10);
    // The flood is forgotten: nobody is asked for a cookie any more.
    const demanded = cookies(pair);
    pair.terminate(pair.left);
    pair.world.run(SECOND);
    pair.connect();
    expect(demanded()).toBe(0);
  });

  it('one source that answers cookies gets only a few half-open IKE SAs (RFC 8019 §4.2)', () => {
    const pair = new CorePair({ seed: 3, right: OPEN_HOUSE });
    const attacker = new Attacker(pair.world);
    const demanded = cookies(pair);
    pair.connect();
    const init = attacker.captured[0];
    if (init === undefined) throw new Error('nothing was sent');
    const from = { address: '203.0.113.66', port: 500 };
    attacker.answerCookies(init, from);
    for (let n = 0; n < 100; n++) {
      attacker.spoofInit(init, from);
      pair.world.run(50);
    }
    expect(demanded()).toBeGreaterThan(90);
    expect(pair.right.machine.views().length).toBeLessThanOrEqual(1 + 5);
    // Whoever else comes has room.
    pair.left.restart();
    pair.configure(pair.left);
    pair.connect();
  });

  it('the log hears of it at a limited rate', () => {
    const pair = new CorePair({ seed: 2 });
    const attacker = new Attacker(pair.world);
    pair.connect();
    const before = pair.right.events.length;
    for (let n = 0; n < 3_000; n++)
      attacker.garbage(
        { address: '203.0.113.9', port: 500 },
        { address: pair.right.address, port: n % 2 === 0 ? 500 : 4500 },
      );
    pair.world.run(SECOND);
    expect(pair.right.events.length - before).toBeLessThan(100);
  });
});
