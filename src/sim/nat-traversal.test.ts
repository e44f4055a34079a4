import { describe, expect, it } from 'vitest';
import type { IpAddress } from '../base/net.ts';
import { MINUTE, SECOND } from '../base/time.ts';
import type { TunnelPolicy } from '../ike/common/policy.ts';
import { HOME_ROUTER, type LinkConditions, PRESETS } from './conditions.ts';
import { expectAgreement, installedChildren, kernelMatchesViews } from './invariants.ts';
import type { NatOptions } from './nat.ts';
import type { Datagram } from './network.ts';
import type { PairOptions } from './pair.ts';
import { CorePair } from './pair.ts';
import { forEachSeed } from './seeds.ts';
import type { PacketFate } from './traffic.ts';
import type { Side } from './tunnels.ts';
import { LEFT, RIGHT, tunnelPolicy } from './tunnels.ts';

const LEFT_INSIDE: Side = { ...LEFT, address: '10.9.0.2', publicAddress: '192.0.2.1' };
const RIGHT_INSIDE: Side = { ...RIGHT, address: '10.8.0.2', publicAddress: '198.51.100.1' };
const LEFT_NAT: NatOptions = { ...HOME_ROUTER, address: '192.0.2.1', inside: ['10.9.0.2'] };
const RIGHT_NAT: NatOptions = {
  ...HOME_ROUTER,
  address: '198.51.100.1',
  inside: ['10.8.0.2'],
  forwards: [500, 4500].map((port) => ({ outsidePort: port, inside: { address: '10.8.0.2', port } })),
};

type Placing = { readonly where: string; readonly options: Omit<PairOptions, 'seed'> };
const PLACINGS: readonly Placing[] = [
  { where: 'the initiator', options: { nats: [LEFT_NAT], left: { side: LEFT_INSIDE } } },
  { where: 'the responder', options: { nats: [RIGHT_NAT], right: { side: RIGHT_INSIDE } } },
  {
    where: 'both',
    options: { nats: [LEFT_NAT, RIGHT_NAT], left: { side: LEFT_INSIDE }, right: { side: RIGHT_INSIDE } },
  },
];

/** A packet from the right side, with none from the left before it to open the way. */
function inbound(pair: CorePair): PacketFate {
  return pair.world.transmit(pair.right, { source: '10.2.0.5', destination: '10.1.0.5', protocol: 1, bytes: 84 });
}

describe('NAT traversal (RFC 7296 §2.23)', () => {
  it.each(PLACINGS)('$where behind NAT: ESP goes in UDP, for all seeds with loss', ({ options }) => {
    forEachSeed(100, (seed) => {
      const pair = new CorePair({ seed, network: seed % 2 === 0 ? PRESETS.calm : PRESETS.lossy10, ...options });
      pair.connect();
      expect(installedChildren(pair.left).map(({ encap }) => encap)).toEqual([true]);
      expect(pair.exchangePackets()).toEqual(['delivered', 'delivered']);
    });
  });

  it('without NAT ESP goes without UDP', () => {
    const pair = new CorePair({ seed: 1 });
    pair.connect();
    expect(installedChildren(pair.left).map(({ encap }) => encap)).toEqual([false]);
  });

  it('an idle tunnel keeps its mapping: an hour later packets still come in', () => {
    const pair = new CorePair({ seed: 2, nats: [LEFT_NAT], left: { side: LEFT_INSIDE } });
    pair.connect();
    pair.world.run(60 * MINUTE);
    expect(inbound(pair)).toBe('delivered');
  });

  it('without liveness checks too: keepalives do it (RFC 3948 §2.3)', () => {
    const policy = { dpd: { delay: 0, timeout: 0, action: 'clear' } } as const;
    const pair = new CorePair({ seed: 3, nats: [LEFT_NAT], left: { side: LEFT_INSIDE, policy }, right: { policy } });
    pair.connect();
    pair.world.run(60 * MINUTE);
    expect(inbound(pair)).toBe('delivered');
  });

  it('rebinding: the peer follows the new port once an authenticated message comes from it', () => {
    forEachSeed(50, (seed) => {
      const pair = new CorePair({ seed, nats: [LEFT_NAT], left: { side: LEFT_INSIDE } });
      pair.connect();
      const before = pair.right.machine.views()[0]?.remote.port;
      pair.world.run(20 * SECOND);
      pair.world.nats[0]?.rebind();
      pair.world.run(60 * SECOND);
      const after = pair.right.machine.views()[0]?.remote.port;
      if (after === before) pair.world.fail('the peer still uses the old port');
      expectAgreement(pair.world, pair.left, pair.right);
      expect(pair.exchangePackets()).toEqual(['delivered', 'delivered']);
    });
  });

  it('rebinding under traffic: authentic ESP from the new port is enough, without any IKE message', () => {
    const policy = { dpd: { delay: 0, timeout: 0, action: 'clear' } } as const;
    const pair = new CorePair({ seed: 4, nats: [LEFT_NAT], left: { side: LEFT_INSIDE, policy }, right: { policy } });
    pair.connect();
    pair.world.nats[0]?.rebind();
    expect(pair.exchangePackets()[0]).toBe('delivered');
    pair.world.run(SECOND);
    expectAgreement(pair.world, pair.left, pair.right);
    expect(inbound(pair)).toBe('delivered');
  });

  it('rebinding to another address too, with and without MOBIKE', () => {
    forEachSeed(100, (seed) => {
      const pair = rebindable(seed, { mobike: seed % 2 === 0 });
      pair.connect();
      pair.world.run(20 * SECOND);
      pair.world.nats[0]?.rebind('192.0.2.99');
      pair.world.run(60 * SECOND);
      expectFollowed(pair, '192.0.2.99');
    });
  });
});

const ANYONE: Partial<TunnelPolicy> = { remote: { ...tunnelPolicy(RIGHT, LEFT).remote, address: { kind: 'any' } } };

function rebindable(seed: number, tunnel: Partial<TunnelPolicy>, network: LinkConditions = PRESETS.calm): CorePair {
  const nats = [LEFT_NAT];
  return new CorePair({ seed, network, nats, tunnel, left: { side: LEFT_INSIDE }, right: { policy: ANYONE } });
}

function expectFollowed(pair: CorePair, address: IpAddress): void {
  const remote = pair.right.machine.views()[0]?.remote;
  if (remote?.address !== address) pair.world.fail(`the peer is taken to be at ${remote?.address}`);
  expectAgreement(pair.world, pair.left, pair.right);
  const fates = [inbound(pair), ...pair.exchangePackets()];
  if (fates.some((fate) => fate !== 'delivered')) pair.world.fail(`packets are ${fates.join()}`);
}

describe('IKE and kernel', () => {
  /** Lets time pass; after each event, whenever the kernel has nothing left to do, it has to be where IKE is. */
  function watched(pair: CorePair, duration: number): void {
    let over = false;
    pair.world.scheduler.after(duration, () => {
      over = true;
    });
    const check = () => {
      for (const gateway of [pair.left, pair.right]) {
        const [violation] = gateway.kernel.pending === 0 ? kernelMatchesViews(gateway) : [];
        if (violation !== undefined) pair.world.fail(`${gateway.name}: ${violation}`);
      }
      return over;
    };
    pair.world.runUntil('over', check, duration + SECOND);
  }

  it.each([
    ['IKE messages', { mobike: false }, 'keepalives and probes'],
    ['the updates of MOBIKE', { mobike: true }, 'keepalives and probes'],
    ['ESP', { mobike: false, dpd: { delay: 0, timeout: 0, action: 'clear' } }, 'packets'],
    ['ESP with MOBIKE', { mobike: true, dpd: { delay: 0, timeout: 0, action: 'clear' } }, 'packets'],
  ] as const)('never disagree while a peer is followed by %s, whatever is lost', (_, tunnel, traffic) => {
    forEachSeed(20, (seed) => {
      const pair = rebindable(seed, tunnel, seed % 2 === 0 ? PRESETS.lossy10 : PRESETS.reordering);
      pair.connect();
      for (let port = 0; port < 3; port++) {
        pair.world.nats[0]?.rebind();
        if (traffic === 'packets') pair.exchangePackets();
        watched(pair, 15 * SECOND);
      }
      if (traffic === 'packets') pair.exchangePackets();
      watched(pair, 15 * SECOND);
      pair.world.runUntil('quiet', () => pair.world.idle, MINUTE);
      expectFollowed(pair, LEFT_NAT.address);
    });
  });

  it.each([{ mobike: false }, { mobike: true }])(
    'U3: what was recorded, or is not authentic, moves nobody wherever it comes from: %j',
    (tunnel) => {
      forEachSeed(30, (seed) => {
        const pair = rebindable(seed, tunnel);
        const recorded: Datagram[] = [];
        pair.world.network.tap((datagram) => void recorded.push(datagram));
        pair.connect();
        pair.world.run(40 * SECOND);
        const before = pair.right.machine.views()[0]?.remote;
        const from = { address: '203.0.113.66', port: 4500 };
        for (const { to, bytes } of recorded.filter((datagram) => datagram.to.address === RIGHT.address)) {
          const broken = bytes.with(bytes.length - 1, (bytes.at(-1) ?? 0) ^ 1);
          for (const copy of [bytes, broken]) pair.world.network.inject({ from, to, bytes: copy });
        }
        pair.world.run(SECOND);
        expect(recorded.length).toBeGreaterThan(10);
        expect(pair.right.machine.views()[0]?.remote).toEqual(before);
        expectAgreement(pair.world, pair.left, pair.right);
      });
    },
  );
});
