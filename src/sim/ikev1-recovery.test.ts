import { describe, expect, it } from 'vitest';
import { MINUTE, SECOND } from '../base/time.ts';
import { IkeCore } from '../ike/core.ts';
import { HOME_ROUTER, PRESETS } from './conditions.ts';
import { Dice } from './dice.ts';
import type { SimGateway } from './gateway.ts';
import { expectAgreement, expectInOrder, expectNothingInstalled, installedChildren } from './invariants.ts';
import type { KernelFault } from './kernel.ts';
import { CorePair, countEvents, isConnected, reasonsOf } from './pair.ts';
import { forEachSeed } from './seeds.ts';
import { SteadyTraffic } from './steady-traffic.ts';
import { EVERYTHING } from './tunnels.ts';

const STEPS: readonly KernelFault['on'][] = ['allocate-spi', 'add-sa', 'add-policy', 'add-route'];

function expectBothEmpty(pair: CorePair): void {
  for (const gateway of [pair.left, pair.right]) {
    expectNothingInstalled(pair.world, gateway);
    if (gateway.machine.views().length > 0) pair.world.fail(`${gateway.name} still has an IKE SA`);
    if (gateway.machine.children().length > 0) pair.world.fail(`${gateway.name} still has a Child SA`);
  }
}

describe.each(['main', 'aggressive'] as const)('after %s mode', (mode) => {
  const tunnel = { version: 1, mode } as const;

  it.each(['left', 'right'] as const)('terminate on the %s side: whatever is lost of it, both agree soon', (side) => {
    forEachSeed(40, (seed) => {
      const pair = new CorePair({ seed, network: PRESETS.lossy30, tunnel });
      pair.connect();
      pair.terminate(pair[side]);
      expect(pair[side].machine.children()).toEqual([]);
      pair.world.run(SECOND);
      pair.world.network.conditions = PRESETS.calm;
      // Nothing confirms a Delete. DPD finds out, or the INITIAL-CONTACT of a new IKE SA (RFC 2407 §4.6.3.3).
      pair.world.run(2 * MINUTE);
      expectAgreement(pair.world, pair.left, pair.right, 0);
    });
  });

  it('terminate at any moment of the exchanges', () => {
    forEachSeed(40, (seed) => {
      const dice = new Dice(seed);
      const kernel = { delay: [0, 60] as const, faults: [] };
      const network = dice.chance(0.5) ? PRESETS.calm : PRESETS.reordering;
      const pair = new CorePair({ seed, network, tunnel, left: { kernel }, right: { kernel } });
      pair.initiate(pair.left);
      pair.world.run(dice.within([0, 400]));
      pair.terminate(dice.chance(0.5) ? pair.left : pair.right);
      pair.world.run(dice.within([0, 200]));
      pair.terminate(pair.left);
      pair.terminate(pair.right);
      pair.world.run(5 * MINUTE);
      expectInOrder(pair.world);
      expectBothEmpty(pair);
    });
  });

  it('a peer that is gone is found by DPD (RFC 3706), and nothing stays installed', () => {
    forEachSeed(20, (seed) => {
      const pair = new CorePair({ seed, tunnel });
      pair.connect();
      pair.world.network.partition(pair.left.address, pair.right.address);
      pair.world.run(40 * SECOND);
      expect(reasonsOf(pair.left, 'ike.closed')).toEqual(['peer-unresponsive']);
      expectBothEmpty(pair);
    });
  });

  it('a living peer is not given up at a loss of 10 %', () => {
    forEachSeed(3, (seed) => {
      const pair = new CorePair({ seed, network: PRESETS.lossy10, tunnel });
      pair.connect();
      pair.world.run(30 * MINUTE);
      expect(countEvents(pair.left, 'ike.closed') + countEvents(pair.right, 'ike.closed')).toBe(0);
    });
  });

  it.each(['left', 'right'] as const)('the %s side restarts: the other finds out, and all is as new', (side) => {
    forEachSeed(30, (seed) => {
      const pair = new CorePair({ seed, network: seed % 2 === 0 ? PRESETS.calm : PRESETS.lossy10, tunnel });
      pair.connect();
      pair.world.run(new Dice(seed).within([0, 20 * SECOND]));
      pair[side].restart();
      pair.configure(pair[side]);
      pair.world.run(30 * SECOND);
      pair.awaitConnection([pair.left, pair.right]);
      expect(pair.exchangePackets()).toEqual(['delivered', 'delivered']);
      expectAgreement(pair.world, pair.left, pair.right);
    });
  });

  it('a slow kernel, slower than the retransmissions: nothing is started twice', () => {
    forEachSeed(20, (seed) => {
      const slow = { delay: [800, 3_000] as const, faults: [] };
      const pair = new CorePair({
        seed,
        network: PRESETS.lossy10,
        tunnel,
        left: { kernel: slow },
        right: { kernel: slow },
      });
      pair.connect();
      expect(pair.exchangePackets()).toEqual(['delivered', 'delivered']);
    });
  });

  it('a kernel that refuses now and then: nothing stays half installed', () => {
    forEachSeed(30, (seed) => {
      const faults = STEPS.map((on) => ({ on, code: 'ENOMEM', probability: 0.06 }));
      const kernel = { delay: [0, 300] as const, faults };
      const pair = new CorePair({ seed, network: PRESETS.lossy10, tunnel, left: { kernel }, right: { kernel } });
      for (let attempt = 0; !(isConnected(pair.left) && isConnected(pair.right)); attempt++) {
        if (attempt > 40) pair.world.fail('40 attempts and no connection');
        pair.terminate(pair.left);
        pair.world.run(70 * SECOND);
        pair.initiate(pair.left);
        pair.world.run(70 * SECOND);
        if (pair.world.idle) expectInOrder(pair.world);
      }
    });
  });

  it('a kernel that refuses while Child SAs are replaced: the old ones stay in use', () => {
    forEachSeed(6, (seed) => {
      const faults = STEPS.map((on) => ({ on, code: 'ENOMEM', probability: 0.02 }));
      const lifetimes = { ikeLifetime: 10 * MINUTE, childLifetime: 9 * MINUTE };
      const pair = new CorePair({ seed, tunnel: { ...tunnel, ...lifetimes } });
      pair.connect();
      for (const { kernel } of [pair.left, pair.right]) kernel.behaviour = { delay: [0, 200], faults };
      new SteadyTraffic(pair, 2 * SECOND).start();
      pair.world.run(30 * MINUTE);
      for (const { kernel } of [pair.left, pair.right]) kernel.behaviour = { delay: [0, 1], faults: [] };
      pair.world.run(90 * SECOND);
      expectInOrder(pair.world);
    });
  });

  it('a snapshot at any moment: another core goes on where the first stood', () => {
    forEachSeed(25, (seed) => {
      const dice = new Dice(seed);
      const lifetimes = { ikeLifetime: 3 * MINUTE, childLifetime: 2 * MINUTE };
      const network = dice.chance(0.5) ? PRESETS.calm : PRESETS.lossy10;
      const pair = new CorePair({ seed, network, tunnel: { ...tunnel, ...lifetimes } });
      pair.initiate(pair.left);
      for (let n = 0; n < 8; n++) {
        pair.world.run(dice.within([0, 40]));
        handOver(pair, dice.pick([pair.left, pair.right]));
      }
      pair.connect();
      new SteadyTraffic(pair, 2 * SECOND).start();
      for (let n = 0; n < 30; n++) {
        pair.world.run(dice.within([0, 20 * SECOND]));
        handOver(pair, dice.pick([pair.left, pair.right]));
      }
    });
  });

  const INSIDE = { address: '10.9.0.2', publicAddress: '192.0.2.1', segments: [{ address: '10.1.0.0', length: 16 }] };
  const RIGHT_INSIDE = {
    address: '10.8.0.2',
    publicAddress: '198.51.100.1',
    segments: [{ address: '10.2.0.0', length: 16 }],
  };
  const LEFT_NAT = { ...HOME_ROUTER, address: '192.0.2.1', inside: ['10.9.0.2'] };
  const forwards = [500, 4500].map((port) => ({ outsidePort: port, inside: { address: '10.8.0.2', port } }));
  const RIGHT_NAT = { ...HOME_ROUTER, address: '198.51.100.1', inside: ['10.8.0.2'], forwards };
  const PLACINGS = [
    { where: 'the initiator', options: { nats: [LEFT_NAT], left: { side: INSIDE } } },
    { where: 'the responder', options: { nats: [RIGHT_NAT], right: { side: RIGHT_INSIDE } } },
    { where: 'both', options: { nats: [LEFT_NAT, RIGHT_NAT], left: { side: INSIDE }, right: { side: RIGHT_INSIDE } } },
  ];

  it.each(PLACINGS)('$where behind NAT (RFC 3947): ESP goes in UDP', ({ options }) => {
    forEachSeed(30, (seed) => {
      const pair = new CorePair({ seed, network: seed % 2 === 0 ? PRESETS.calm : PRESETS.lossy10, tunnel, ...options });
      pair.connect();
      expect(installedChildren(pair.left).map(({ encap }) => encap)).toEqual([true]);
      expect(pair.exchangePackets()).toEqual(['delivered', 'delivered']);
    });
  });

  it('the NAT rebinds again and again while all is replaced: the peer follows, by DPD or by ESP', () => {
    forEachSeed(10, (seed) => {
      const dice = new Dice(seed);
      const lifetimes = { ikeLifetime: 4 * MINUTE, childLifetime: 3 * MINUTE };
      const withoutDpd = { dpd: { delay: 0, timeout: 0, action: 'clear' } } as const;
      const policy = { ...tunnel, ...lifetimes, ...(seed % 3 === 0 ? withoutDpd : {}) };
      const network = dice.chance(0.5) ? PRESETS.calm : PRESETS.lossy10;
      const pair = new CorePair({ seed, network, tunnel: policy, nats: [LEFT_NAT], left: { side: INSIDE } });
      pair.connect();
      const traffic = new SteadyTraffic(pair, SECOND);
      traffic.start();
      for (let n = 0; n < 15; n++) {
        pair.world.run(dice.within([20 * SECOND, 60 * SECOND]));
        traffic.tolerant = true;
        pair.world.nats[0]?.rebind();
        pair.world.run(15 * SECOND);
        traffic.tolerant = false;
      }
      pair.world.network.conditions = PRESETS.calm;
      pair.world.run(2 * SECOND);
      if (pair.world.idle) expectInOrder(pair.world);
    });
  });

  function handOver(pair: CorePair, gateway: SimGateway): void {
    const { machine, entropy } = gateway;
    if (!(machine instanceof IkeCore)) throw new TypeError('only a core has a state to hand over');
    const tunnels = [pair.policyOf(gateway)];
    gateway.machine = new IkeCore({ entropy, capabilities: EVERYTHING, tunnels, state: machine.snapshot() });
  }
});
