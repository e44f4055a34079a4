import { describe, expect, it } from 'vitest';
import { utf8 } from '../base/bytes.ts';
import { Secret } from '../base/secret.ts';
import { MINUTE, SECOND } from '../base/time.ts';
import type { PresetName } from './conditions.ts';
import { HOME_ROUTER, PRESETS } from './conditions.ts';
import { Dice } from './dice.ts';
import type { SimGateway } from './gateway.ts';
import { expectAgreement, expectInOrder, expectNothingInstalled } from './invariants.ts';
import type { KernelFault } from './kernel.ts';
import { PROMPT_KERNEL } from './kernel.ts';
import type { PairOptions } from './pair.ts';
import { countEvents } from './pair.ts';
import { forEachSeed } from './seeds.ts';
import { connectionStatus, ServicePair, tunnelStatus } from './service-pair.ts';
import type { Side } from './tunnels.ts';
import { LEFT, RIGHT, tunnelPolicy } from './tunnels.ts';

const WRONG_KEY = { psk: new Secret(utf8('other')) };

function started(options: ConstructorParameters<typeof ServicePair>[0]): ServicePair {
  const pair = new ServicePair(options);
  pair.start(pair.left);
  pair.start(pair.right);
  return pair;
}

function expectPackets(pair: ServicePair): void {
  const fates = pair.exchangePackets().join();
  if (fates !== 'delivered,delivered') pair.world.fail(`the packets are ${fates}`);
}

describe('two gateways that both initiate', () => {
  it('agree on one Child SA, with up to 30 % loss, and then leave it alone', () => {
    forEachSeed(300, (seed) => {
      const dice = new Dice(seed);
      const pair = new ServicePair({ seed, network: { ...PRESETS.calm, loss: dice.fraction() * 0.3 } });
      pair.start(pair.left);
      pair.world.run(dice.within([0, 100]));
      pair.start(pair.right);
      pair.awaitConnection();
      pair.world.network.conditions = PRESETS.calm;
      pair.world.run(30 * SECOND);
      expectAgreement(pair.world, pair.left, pair.right);
      const [left, right] = [pair.left, pair.right].map((gateway) => countEvents(gateway, 'child.installed'));
      pair.world.run(5 * MINUTE);
      expect([pair.left, pair.right].map((gateway) => countEvents(gateway, 'child.installed'))).toEqual([left, right]);
      expectPackets(pair);
    });
  });
});

describe('the supervisor brings the tunnel back', () => {
  it('after a partition, within half a minute of its end', () => {
    forEachSeed(60, (seed) => {
      const pair = started({ seed });
      pair.awaitConnection();
      pair.world.network.partition(pair.left.address, pair.right.address);
      pair.world.run(new Dice(seed).within([20 * SECOND, 5 * MINUTE]));
      for (const gateway of [pair.left, pair.right]) expectNothingInstalled(pair.world, gateway);
      expect(pair.exchangePackets()).toEqual(['blocked', 'blocked']);
      pair.world.network.heal();
      pair.awaitConnection(30 * SECOND);
      expectPackets(pair);
    });
  });

  it.each(['left', 'right', 'both'] as const)('after a reboot of %s', (which) => {
    forEachSeed(60, (seed) => {
      const pair = started({ seed, network: seed % 2 === 0 ? PRESETS.calm : PRESETS.lossy10 });
      pair.awaitConnection();
      pair.world.run(new Dice(seed).within([0, 20 * SECOND]));
      if (which !== 'right') pair.reboot(pair.left);
      if (which !== 'left') pair.reboot(pair.right);
      pair.world.run(2 * SECOND);
      pair.awaitConnection(90 * SECOND);
      expectPackets(pair);
    });
  });

  it('after the SA has expired in the kernel', () => {
    forEachSeed(20, (seed) => {
      const pair = started({ seed });
      pair.awaitConnection();
      const inbound = pair.left.machine.children()[0]?.inbound;
      if (inbound === undefined) throw new Error('connected without a Child SA');
      pair.left.kernel.expire(inbound);
      pair.world.run(5 * SECOND);
      pair.awaitConnection(60 * SECOND);
      expectPackets(pair);
    });
  });

  it('when the kernel stops to refuse', () => {
    forEachSeed(20, (seed) => {
      const faults = [{ on: 'add-sa', code: 'ENOMEM', probability: 1, times: 6 }] as const;
      const pair = started({ seed, right: { kernel: { delay: [0, 20], faults } } });
      pair.awaitConnection(5 * MINUTE);
      expectPackets(pair);
    });
  });

  it('when the name of the peer has an address again, or another one', () => {
    let address: string | undefined;
    const remote = tunnelPolicy(LEFT, RIGHT).remote;
    const policy = { remote: { ...remote, address: { kind: 'name', name: 'vpn.example' } } } as const;
    const pair = started({ seed: 1, left: { policy, names: () => address }, right: { policy: { start: 'respond' } } });
    pair.world.run(MINUTE);
    expect(tunnelStatus(pair.left)).toMatchObject({ reason: { code: 'unresolved-peer' } });
    address = '203.0.113.200';
    pair.world.run(MINUTE);
    expect(tunnelStatus(pair.left)).toMatchObject({ reason: { code: 'no-response' } });
    address = RIGHT.address;
    pair.awaitConnection(30 * SECOND);
    expectPackets(pair);
  });

  it('with one end that only responds', () => {
    const pair = started({ seed: 1, right: { policy: { start: 'respond' } } });
    expect(connectionStatus(pair.right)).toBe('waiting');
    pair.awaitConnection(SECOND);
    pair.reboot(pair.right);
    expect(connectionStatus(pair.right)).toBe('waiting');
    pair.world.run(2 * SECOND);
    pair.awaitConnection(60 * SECOND);
  });
});

describe('a tunnel that cannot come up', () => {
  it('counts three attempts, then has failed, and is tried again for ever; nothing grows', () => {
    const pair = started({ seed: 1, right: { policy: WRONG_KEY } });
    pair.world.run(20 * MINUTE);
    for (const gateway of [pair.left, pair.right]) {
      expectNothingInstalled(pair.world, gateway);
      expect(tunnelStatus(gateway)).toMatchObject({
        connectionStatus: 'stage1Failure',
        reason: { code: 'authentication-failed' },
        children: [],
      });
      expect(gateway.machine.views().length).toBeLessThan(5);
      expect(gateway.timers.size).toBeLessThan(20);
    }
    const { attempt } = tunnelStatus(pair.left);
    expect(attempt).toBeGreaterThan(80);
    expect(attempt).toBeLessThan(110);
    pair.reconfigure(pair.right, tunnelPolicy(RIGHT, LEFT));
    pair.awaitConnection(30 * SECOND);
    expect(tunnelStatus(pair.left)).toMatchObject({ connectionStatus: 'connected', reason: null, attempt: 0 });
  });
});

describe('down and up by the operator', () => {
  it('down holds against a peer that calls; up brings it back', () => {
    forEachSeed(30, (seed) => {
      const pair = started({ seed, network: seed % 2 === 0 ? PRESETS.calm : PRESETS.lossy10 });
      pair.awaitConnection();
      pair.down(pair.left);
      pair.world.run(2 * MINUTE);
      expectInOrder(pair.world);
      for (const gateway of [pair.left, pair.right]) expectNothingInstalled(pair.world, gateway);
      expect(connectionStatus(pair.left)).toBe('disabled');
      expect(connectionStatus(pair.right)).not.toBe('connected');
      pair.up(pair.left);
      pair.awaitConnection(60 * SECOND);
      expectPackets(pair);
    });
  });
});

describe('whatever happens', () => {
  const INSIDE: Side = { ...LEFT, address: '10.9.0.2', publicAddress: LEFT.address };
  const BEHIND_NAT: Omit<PairOptions, 'seed'> = {
    nats: [{ ...HOME_ROUTER, address: LEFT.address, inside: [INSIDE.address] }],
    left: { side: INSIDE },
  };
  const SLOWEST_KERNEL = 1_500;
  const WEATHERS: readonly PresetName[] = ['calm', 'lossy30', 'bursty', 'duplicating', 'reordering', 'awful'];
  const REFUSABLE: readonly KernelFault['on'][] = ['add-sa', 'add-route', 'allocate-spi'];
  const MISFORTUNES: readonly ((pair: ServicePair, dice: Dice, gateway: SimGateway) => void)[] = [
    ({ world, left, right }) => world.network.partition(left.address, right.address),
    ({ world }) => world.network.heal(),
    ({ world }, dice) => {
      world.network.conditions = PRESETS[dice.pick(WEATHERS)];
    },
    (pair, _, gateway) => {
      pair.reboot(gateway);
      // Its kernel may take so long to put up the standing block policies again.
      pair.world.run(2 * SLOWEST_KERNEL);
    },
    ({ world }) => world.nats[0]?.rebind(),
    (_pair, _, gateway) => gateway.pause(),
    (_pair, _, gateway) => gateway.resume(),
    (pair, _, gateway) => pair.down(gateway),
    (pair, _, gateway) => pair.up(gateway),
    (_pair, dice, gateway) => {
      const faults = [{ on: dice.pick(REFUSABLE), code: 'ENOMEM', probability: 0.5 }];
      gateway.kernel.behaviour = { delay: [0, dice.within([0, SLOWEST_KERNEL])], faults };
    },
    (_pair, _, gateway) => {
      const [sa] = gateway.kernel.sas();
      if (sa !== undefined) gateway.kernel.expire(sa.spec);
    },
  ];

  function suffer(pair: ServicePair, dice: Dice): void {
    for (let n = 0; n < 25; n++) {
      dice.pick(MISFORTUNES)(pair, dice, dice.pick([pair.left, pair.right]));
      pair.world.run(dice.chance(0.3) ? dice.within([2, 200]) : dice.within([2_100, 20_000]));
      if (pair.exchangePackets().includes('clear')) pair.world.fail('a packet left in clear');
      if (pair.world.idle) expectInOrder(pair.world);
    }
  }

  function calmDown(pair: ServicePair): void {
    pair.world.network.heal();
    pair.world.network.conditions = PRESETS.calm;
    for (const gateway of [pair.left, pair.right]) {
      gateway.kernel.behaviour = PROMPT_KERNEL;
      if (gateway.paused) gateway.resume();
      pair.up(gateway);
    }
    pair.world.run(5 * SECOND);
  }

  it('the invariants hold, no packet ever leaves in clear, and in the end the tunnel is up', () => {
    forEachSeed(250, (seed) => {
      const pair = started({ seed, ...(seed % 3 === 0 ? BEHIND_NAT : {}) });
      pair.world.run(SECOND);
      suffer(pair, new Dice(seed));
      calmDown(pair);
      pair.awaitConnection(3 * MINUTE);
      pair.world.run(MINUTE);
      expectAgreement(pair.world, pair.left, pair.right);
      expectPackets(pair);
    });
  });
});
