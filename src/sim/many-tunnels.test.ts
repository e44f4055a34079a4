import { describe, expect, it } from 'vitest';
import { MINUTE, SECOND } from '../base/time.ts';
import type { TunnelPolicy } from '../ike/common/policy.ts';
import { PRESETS } from './conditions.ts';
import { forEachSeed } from './seeds.ts';
import { ServiceMachine, serviceOf } from './service-pair.ts';
import { LEFT, RIGHT, type Side, tunnelPolicy } from './tunnels.ts';
import { SimWorld } from './world.ts';

/** Behind them is nobody. */
const DEAD = '203.0.113.1';

/** One end of a tunnel of its own, which only the identities tell from the others. */
function end(side: Side, number: number): Side {
  const segment = { address: `10.${side === LEFT ? 1 : 2}.${number >> 8}.${number & 255}`, length: 32 };
  return { ...side, identity: { type: 'fqdn', name: `t${number}.example.org` }, segments: [segment] };
}

function policies(here: Side, there: Side, count: number, changes: Partial<TunnelPolicy>): TunnelPolicy[] {
  return Array.from({ length: count }, (_, number) =>
    tunnelPolicy(end(here, number), end(there, number), { ...changes, name: `t${number}` }),
  );
}

/** A hub with so many tunnels to its peers, and others to nobody. */
function hub(seed: number, live: number, dead: number) {
  const nobody = policies(LEFT, { ...RIGHT, address: DEAD }, live + dead, {}).slice(live);
  const wanted = policies(LEFT, RIGHT, live, {});
  // Any order: those that nobody answers are between the others.
  const tunnels = [...wanted, ...nobody].toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const world = new SimWorld({
    seed,
    network: seed % 2 === 0 ? PRESETS.calm : PRESETS.lossy10,
    checks: [],
    gateways: [
      { name: 'hub', address: LEFT.address, build: (entropy) => new ServiceMachine(entropy, tunnels, undefined) },
      {
        name: 'peers',
        address: RIGHT.address,
        build: (entropy) => new ServiceMachine(entropy, policies(RIGHT, LEFT, live, { start: 'respond' }), undefined),
      },
    ],
  });
  for (const name of ['peers', 'hub']) {
    const gateway = world.gateway(name);
    gateway.call((_, now) => serviceOf(gateway).start(now));
  }
  return world;
}

describe('a gateway with hundreds of tunnels that begin together', () => {
  it('brings all of them up, whoever else does not answer', () => {
    forEachSeed(2, (seed) => {
      const world = hub(seed, 300, 200);
      const gateway = world.gateway('hub');
      const standing = () => gateway.machine.children().filter(({ state }) => state === 'installed').length;
      world.runUntil('all that can be are connected', () => standing() === 300, MINUTE);
      world.run(SECOND);
      const statuses = serviceOf(gateway)
        .names()
        .map((name) => serviceOf(gateway).status(name, () => undefined)?.connectionStatus);
      expect(statuses.filter((status) => status === 'connected')).toHaveLength(300);
    });
  });

  it('has few of them under way at any time', () => {
    forEachSeed(2, (seed) => {
      const world = hub(seed, 400, 0);
      const gateway = world.gateway('hub');
      const underWay = () => gateway.machine.views().filter(({ state }) => state === 'connecting').length;
      let most = underWay();
      for (let step = 0; step < 1_200; step++) {
        world.run(50);
        most = Math.max(most, underWay());
      }
      expect(gateway.machine.children().filter(({ state }) => state === 'installed')).toHaveLength(400);
      expect(most).toBeGreaterThanOrEqual(100);
      // Those that have lost a message are none of the 128 after a second.
      expect(most).toBeLessThan(300);
    });
  });
});
