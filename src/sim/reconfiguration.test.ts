import { describe, expect, it } from 'vitest';
import type { IpAddress } from '../base/net.ts';
import { HOUR, MINUTE, SECOND } from '../base/time.ts';
import type { TunnelPolicy } from '../ike/common/policy.ts';
import type { TunnelUpdate } from '../tunnel/tunnel-update.ts';
import { PRESETS } from './conditions.ts';
import type { SimGateway } from './gateway.ts';
import { installedChildren } from './invariants.ts';
import { countEvents } from './pair.ts';
import { forEachSeed } from './seeds.ts';
import { connectionStatus, ServicePair } from './service-pair.ts';
import { CHEAP_ESP, CHEAP_IKE, LEFT, RIGHT, type Side, tunnelPolicy } from './tunnels.ts';

const SECOND_SEGMENT: IpAddress = '10.3.0.5';

function rightWith(...networks: IpAddress[]): Side {
  return { ...RIGHT, segments: networks.map((address) => ({ address, length: 16 })) };
}

type Change = {
  readonly right?: Side;
  readonly tunnel: Partial<TunnelPolicy>;
  readonly update?: Partial<TunnelUpdate>;
};

/** Both operators put the same change in force, one after the other. */
function change(pair: ServicePair, { right = RIGHT, tunnel, update = {} }: Change): void {
  pair.reconfigure(pair.left, tunnelPolicy(LEFT, right, tunnel), update);
  pair.world.run(2 * SECOND);
  pair.reconfigure(pair.right, tunnelPolicy(right, LEFT, { ...tunnel, start: 'respond' }), update);
}

function connectedPair(seed: number, tunnel: Partial<TunnelPolicy>, right: Side = RIGHT): ServicePair {
  const pair = new ServicePair({
    seed,
    network: PRESETS.calm,
    tunnel,
    right: { side: right, policy: { start: 'respond' } },
  });
  pair.start(pair.left);
  pair.start(pair.right);
  pair.world.run(MINUTE);
  return pair;
}

/** Packets both ways between the first segments for so long, each of which must arrive. */
function expectTraffic(pair: ServicePair, seconds: number, right?: IpAddress): void {
  for (let tick = 0; tick < seconds * 5; tick++) {
    const fates = [pair.left, pair.right].map((gateway) => pair.sendPacket(gateway, right));
    if (fates.some((fate) => fate !== 'delivered')) pair.world.fail(`packets are ${fates.join(' and ')}`);
    pair.world.run(SECOND / 5);
  }
}

function segmentsOf(gateway: SimGateway): string[] {
  return installedChildren(gateway)
    .flatMap(({ localSelectors, remoteSelectors }) => [...localSelectors, ...remoteSelectors].map(({ start }) => start))
    .filter((start) => start !== '10.1.0.0')
    .toSorted();
}

describe.each([
  ['IKEv1', { version: 1 }],
  ['IKEv2', {}],
  ['IKEv2 with one pair each', { singlePairs: true }],
] as const)('%s: a configuration that changes while there is traffic', (_, tunnel) => {
  const both = rightWith('10.2.0.0', '10.3.0.0');

  it('adds a pair: what is there goes on, and the new one comes up when both have it', () => {
    forEachSeed(10, (seed) => {
      const pair = connectedPair(seed, tunnel);
      const before = pair.left.machine.children().map(({ inbound }) => inbound.spi);
      change(pair, { right: both, tunnel });
      expectTraffic(pair, 30);
      expectTraffic(pair, 5, SECOND_SEGMENT);
      expect(segmentsOf(pair.left)).toEqual(['10.2.0.0', '10.3.0.0']);
      expect(pair.left.machine.children().map(({ inbound }) => inbound.spi)).toEqual(expect.arrayContaining(before));
      expect(countEvents(pair.left, 'ike.initiated')).toBe(1);
      expect(countEvents(pair.left, 'child.deleted')).toBe(0);
    });
  });

  it('drops a pair: the other goes on, and nothing goes out in clear', () => {
    forEachSeed(10, (seed) => {
      const pair = connectedPair(seed, tunnel, both);
      expectTraffic(pair, 1, SECOND_SEGMENT);
      change(pair, { right: RIGHT, tunnel });
      expectTraffic(pair, 30);
      expect(segmentsOf(pair.left)).toEqual(['10.2.0.0']);
      expect(segmentsOf(pair.right)).toEqual(['10.2.0.0']);
      expect(pair.sendPacket(pair.left, SECOND_SEGMENT)).not.toBe('delivered');
      expect(countEvents(pair.left, 'ike.initiated')).toBe(1);
    });
  });

  it('has other proposals or lifetimes: new keys by these, without a lost packet', () => {
    forEachSeed(10, (seed) => {
      const pair = connectedPair(seed, tunnel);
      const changed: Partial<TunnelPolicy> = {
        ...tunnel,
        childProposals: [{ ...CHEAP_ESP, encryption: ['aes256'] }, CHEAP_ESP],
        ikeProposals: [{ ...CHEAP_IKE, encryption: ['aes256'] }, CHEAP_IKE],
        childLifetime: 2 * HOUR,
      };
      change(pair, { tunnel: changed, update: { renew: ['ike', 'child'] } });
      expectTraffic(pair, 60);
      for (const { suite } of installedChildren(pair.left)) expect(suite.encryption).toBe('aes256');
      expect(connectionStatus(pair.left)).toBe('connected');
    });
  });

  it('has another name: nothing is sent, and it lives on', () => {
    forEachSeed(5, (seed) => {
      const pair = connectedPair(seed, { ...tunnel, childLifetime: 10 * MINUTE });
      const renamed = { ...tunnel, childLifetime: 10 * MINUTE, name: 'home' };
      change(pair, { tunnel: renamed, update: { was: 'net', change: 'unchanged' } });
      expectTraffic(pair, 60);
      pair.world.run(HOUR);
      expectTraffic(pair, 5);
      expect(countEvents(pair.left, 'ike.initiated')).toBe(1);
      for (const gateway of [pair.left, pair.right])
        expect(gateway.machine.children().every(({ tunnel: name }) => name === 'home')).toBe(true);
    });
  });

  it('adds and drops pairs at any loss: in the end both have what is configured', () => {
    forEachSeed(5, (seed) => {
      const pair = connectedPair(seed, tunnel, both);
      pair.world.network.conditions = PRESETS.lossy10;
      change(pair, { right: rightWith('10.3.0.0', '10.4.0.0'), tunnel });
      pair.world.run(3 * MINUTE);
      pair.world.network.conditions = PRESETS.calm;
      pair.world.run(MINUTE);
      for (const gateway of [pair.left, pair.right]) expect(segmentsOf(gateway)).toEqual(['10.3.0.0', '10.4.0.0']);
      expectTraffic(pair, 1, '10.3.0.5');
      expectTraffic(pair, 1, '10.4.0.5');
    });
  });

  it('adds a pair to one that is started by traffic: a packet for it makes it', () => {
    const pair = connectedPair(1, { ...tunnel, start: 'on-traffic' });
    pair.sendPacket(pair.left);
    pair.world.run(10 * SECOND);
    change(pair, { right: both, tunnel: { ...tunnel, start: 'on-traffic' } });
    pair.world.run(MINUTE);
    expect(segmentsOf(pair.left)).toEqual(['10.2.0.0']);
    expect(pair.sendPacket(pair.left, SECOND_SEGMENT)).toBe('acquire');
    pair.world.run(10 * SECOND);
    expectTraffic(pair, 2, SECOND_SEGMENT);
    expectTraffic(pair, 2);
    expect(countEvents(pair.left, 'ike.initiated')).toBe(1);
  });

  it('has another retry, other names around it: nothing happens at all', () => {
    const pair = connectedPair(1, tunnel);
    const before = pair.left.machine.children();
    change(pair, { tunnel: { ...tunnel, retry: { attempts: 9, interval: 30 * SECOND }, gateway: 'g', peer: 'p' } });
    expectTraffic(pair, 5);
    expect(pair.left.machine.children()).toEqual(before);
  });
});
