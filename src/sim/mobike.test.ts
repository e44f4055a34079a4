import { describe, expect, it } from 'vitest';
import type { IpAddress } from '../base/net.ts';
import { MINUTE, SECOND } from '../base/time.ts';
import { HOME_ROUTER, PRESETS, type PresetName } from './conditions.ts';
import { establishedIkeSas, expectAgreement, expectNothingInstalled, installedChildren } from './invariants.ts';
import type { NatOptions } from './nat.ts';
import { perform } from './operations.ts';
import { CorePair, type PairOptions, reasonsOf } from './pair.ts';
import { forEachSeed } from './seeds.ts';
import { ServicePair } from './service-pair.ts';
import { SteadyTraffic } from './steady-traffic.ts';
import { fqdn, LEFT, RIGHT, tunnelPolicy } from './tunnels.ts';

const OWN = ['192.0.2.1', '192.0.2.2', '192.0.2.3', '10.9.0.2', '10.9.0.3'] as const;
const ROUTER: NatOptions = { ...HOME_ROUTER, address: '203.0.113.1', inside: ['10.9.0.2', '10.9.0.3'] };
const [HOME, OFFICE, STREET, CAFE] = OWN;

/** A left side that may be anywhere, also behind a router. */
function roaming(options: PairOptions): CorePair {
  return new CorePair({ nats: [ROUTER], ...options });
}

/** Both ends lead to where the left side is now, and packets go both ways. */
function expectThere(pair: CorePair, address: IpAddress): void {
  const outside = ROUTER.inside.includes(address) ? ROUTER.address : address;
  const ends = [
    ...establishedIkeSas(pair.left).map(({ local }) => local.address),
    ...establishedIkeSas(pair.right).map(({ remote }) => remote.address),
  ];
  if (ends.join() !== [address, outside].join()) pair.world.fail(`the ends are ${ends.join()}`);
  expectAgreement(pair.world, pair.left, pair.right);
  const encap = outside !== address;
  for (const gateway of [pair.left, pair.right])
    for (const child of installedChildren(gateway))
      if (child.encap !== encap) pair.world.fail(`${gateway.name} ${encap ? 'lacks' : 'still has'} UDP`);
  const fates = pair.exchangePackets().join();
  if (fates !== 'delivered,delivered') pair.world.fail(`packets are ${fates}`);
}

/** Child SAs that have ended without a successor. */
function losses(pair: CorePair): number {
  const reasons = [pair.left, pair.right].flatMap((gateway) => reasonsOf(gateway, 'child.deleted'));
  return reasons.filter((reason) => reason !== 'replaced').length;
}

function expectUnbroken(pair: CorePair, before = 0): void {
  if (losses(pair) > before) pair.world.fail('a Child SA was lost on the way');
}

const PATHS: readonly PresetName[] = ['calm', 'lossy10', 'duplicating', 'reordering', 'satellite', 'narrow'];

describe('an initiator that moves (RFC 4555 §3.5)', () => {
  it.each(PATHS)('is followed with its Child SA, which is never lost: %s', (network) => {
    forEachSeed(100, (seed) => {
      const pair = roaming({ seed, network: PRESETS[network] });
      pair.connect();
      pair.world.run(pair.world.dice.within([0, 20 * SECOND]));
      const to = pair.world.dice.pick([OFFICE, STREET, CAFE]);
      pair.move(pair.left, to);
      pair.world.run(15 * SECOND);
      pair.world.runUntil('quiet', () => pair.world.idle, MINUTE);
      expectThere(pair, to);
      expectUnbroken(pair);
    });
  });

  it('however often and in the middle of whatever, also at 30 % loss: where it stays is where it is found', () => {
    forEachSeed(200, (seed) => {
      const pair = roaming({ seed, network: seed % 2 === 0 ? PRESETS.lossy30 : PRESETS.reordering });
      pair.connect();
      // At such a loss a first one may have come to nothing.
      const before = losses(pair);
      pair.world.network.conditions = PRESETS.lossy10;
      let to: IpAddress = HOME;
      for (let step = 0; step < 5; step++) {
        to = pair.world.dice.pick(OWN.filter((address) => address !== to));
        pair.move(pair.left, to);
        pair.world.run(pair.world.dice.within([0, step % 2 === 0 ? 200 : 9 * SECOND]));
      }
      pair.world.run(30 * SECOND);
      pair.world.runUntil('quiet', () => pair.world.idle, MINUTE);
      expectThere(pair, to);
      expectUnbroken(pair, before);
      pair.terminate(pair.left);
      pair.world.run(MINUTE);
      for (const gateway of [pair.left, pair.right]) expectNothingInstalled(pair.world, gateway);
    });
  });

  it('with slow kernels on both ends', () => {
    const kernel = { delay: [0, 900], faults: [] } as const;
    forEachSeed(100, (seed) => {
      const pair = roaming({ seed, left: { kernel }, right: { kernel } });
      pair.connect();
      pair.move(pair.left, CAFE);
      pair.world.run(pair.world.dice.within([0, SECOND]));
      pair.move(pair.left, STREET);
      pair.world.run(20 * SECOND);
      pair.world.runUntil('quiet', () => pair.world.idle, MINUTE);
      expectThere(pair, STREET);
      expectUnbroken(pair);
    });
  });

  it('under traffic: packets are away for a moment and never leave in clear text', () => {
    forEachSeed(50, (seed) => {
      const pair = roaming({ seed });
      pair.connect();
      const traffic = new SteadyTraffic(pair, 100).start();
      pair.world.run(5 * SECOND);
      traffic.tolerant = true;
      pair.move(pair.left, seed % 2 === 0 ? CAFE : OFFICE);
      pair.world.run(SECOND);
      traffic.tolerant = false;
      pair.world.run(20 * SECOND);
      traffic.stop();
      expect([...traffic.fates.keys()]).not.toContain('clear');
      expect([...traffic.fates.keys()]).not.toContain('acquire');
      expectUnbroken(pair);
    });
  });

  it('between rekeyings of the IKE SA and the Child SA by either end', () => {
    const dpd = { delay: 8 * SECOND, timeout: 30 * SECOND, action: 'restart' } as const;
    forEachSeed(60, (seed) => {
      const network = seed % 2 === 0 ? PRESETS.lossy10 : PRESETS.reordering;
      const pair = roaming({ seed, network, tunnel: { dpd } });
      pair.connect();
      let to: IpAddress = HOME;
      for (let step = 0; step < 4; step++) {
        const gateway = pair.world.dice.pick([pair.left, pair.right]);
        const [timer] = [...gateway.timers.keys()].filter((key) => /:rekey(-|$)/.test(key)).slice(step % 2);
        if (timer !== undefined) gateway.fire(timer);
        // Or before either end knows of what has taken over.
        pair.world.run(step % 2 === 0 ? 10 * SECOND : pair.world.dice.within([0, 100]));
        to = pair.world.dice.pick(OWN.filter((address) => address !== to));
        pair.move(pair.left, to);
        pair.world.run(pair.world.dice.within([0, 20 * SECOND]));
      }
      pair.world.run(2 * MINUTE);
      pair.world.runUntil('quiet', () => pair.world.idle, MINUTE);
      expectThere(pair, to);
      expectUnbroken(pair);
    });
  });

  it('right after it has answered a rekeying of the IKE SA, an answer that is lost', () => {
    forEachSeed(20, (seed) => {
      const pair = roaming({ seed });
      pair.connect();
      const { left, right, world } = pair;
      pair.world.run(2 * SECOND);
      perform(pair, 'rekey the IKE SA', right);
      world.runUntil('asked', () => left.pending > 0, SECOND);
      world.network.conditions = { ...PRESETS.calm, loss: 1 };
      world.runUntil('answered', () => left.machine.views().some(({ state }) => state === 'rekeyed'), SECOND);
      const to = world.dice.pick([OFFICE, CAFE]);
      pair.move(left, to);
      world.network.conditions = PRESETS.calm;
      world.run(90 * SECOND);
      world.runUntil('quiet', () => world.idle, MINUTE);
      expectThere(pair, to);
      expectUnbroken(pair);
    });
  });

  it('and a kernel that follows nowhere: the tunnel ends, and nothing is left in it', () => {
    forEachSeed(50, (seed) => {
      const faults = [{ on: 'move-sa', code: 'EPERM', probability: 1 }] as const;
      const kernel = { delay: [0, 50], faults } as const;
      const pair = roaming({ seed, [seed % 2 === 0 ? 'left' : 'right']: { kernel } });
      pair.connect();
      pair.move(pair.left, OFFICE);
      pair.world.run(MINUTE);
      for (const gateway of [pair.left, pair.right]) expectNothingInstalled(pair.world, gateway);
    });
  });
});

describe('a machine whose tunnels cannot move', () => {
  const anywhere = {
    right: {
      policy: {
        start: 'respond',
        remote: { ...tunnelPolicy(RIGHT, LEFT).remote, identity: fqdn('left'), address: { kind: 'any' } },
      },
    },
    left: { policy: { local: { ...tunnelPolicy(LEFT, RIGHT).local, identity: fqdn('left') } } },
  } as const;

  it.each([
    ['IKEv2 without MOBIKE', { mobike: false }],
    ['IKEv1', { version: 1, mobike: false, mode: 'aggressive' }],
  ] as const)('%s: the supervisor connects anew from the new address, within seconds', (_, tunnel) => {
    forEachSeed(50, (seed) => {
      const pair = new ServicePair({ seed, ...anywhere, tunnel });
      for (const gateway of [pair.left, pair.right]) pair.start(gateway);
      pair.awaitConnection();
      pair.world.run(20 * SECOND);
      pair.move(pair.left, OFFICE);
      expect(pair.awaitConnection()).toBeLessThan(5 * SECOND);
      expect(pair.right.machine.views().filter(({ state }) => state === 'established')).toMatchObject([
        { remote: { address: OFFICE } },
      ]);
      expect(pair.exchangePackets()).toEqual(['delivered', 'delivered']);
    });
  });

  it('an attempt that has failed from one address is made at once from another', () => {
    const pair = new ServicePair({ seed: 1, ...anywhere });
    pair.start(pair.right);
    pair.left.moveTo(OFFICE);
    pair.start(pair.left);
    pair.world.run(20 * SECOND);
    expect(pair.connected).toBe(false);
    pair.move(pair.left, OFFICE);
    expect(pair.awaitConnection()).toBeLessThan(SECOND);
  });
});
