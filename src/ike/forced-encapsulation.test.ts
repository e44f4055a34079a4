import { describe, expect, it } from 'vitest';
import { LEFT, RIGHT, tunnelPolicy } from '../sim/tunnels.ts';
import { natDetectionHash } from './common/nat-detection.ts';
import type { TunnelPolicy } from './common/policy.ts';
import { alterInit, TestGateway } from './testing/gateway.ts';
import { connected, converse, deliver, type Pair, pair } from './testing/pair.ts';
import { natNotifies } from './v2/exchanges/ike-sa-init.ts';
import { notifyName } from './v2/wire/notify.ts';
import type { Payload } from './v2/wire/payload.ts';

const FORCED: Partial<TunnelPolicy> = { encapsulation: 'udp' };

const VERSIONS: readonly (readonly [string, Partial<TunnelPolicy>])[] = [
  ['IKEv2', {}],
  ['IKEv2 without MOBIKE', { mobike: false }],
  ['IKEv1 in main mode', { version: 1 }],
  ['IKEv1 in aggressive mode', { version: 1, mode: 'aggressive' }],
];

const SIDES: readonly (readonly [string, ReadonlySet<keyof Pair>])[] = [
  ['the initiator', new Set(['left'] as const)],
  ['the responder', new Set(['right'] as const)],
  ['either end', new Set(['left', 'right'] as const)],
];

function changesFor(version: Partial<TunnelPolicy>, forcing: ReadonlySet<keyof Pair>) {
  const of = (side: keyof Pair) => ({ ...version, ...(forcing.has(side) ? FORCED : {}) });
  return { left: of('left'), right: of('right') };
}

/** Both ends use ESP in UDP at port 4500, and know who has wanted it. */
function expectInUdp({ left, right }: Pair, forcing: ReadonlySet<keyof Pair>, leftAddress = LEFT.address): void {
  const ends = { left: { address: leftAddress, port: 4500 }, right: { address: RIGHT.address, port: 4500 } };
  for (const [name, gateway] of Object.entries({ left, right })) {
    const [own, peer] = name === 'left' ? (['left', 'right'] as const) : (['right', 'left'] as const);
    const used = gateway.views().filter(({ state }) => state === 'established');
    expect(used).toMatchObject([{ local: ends[own], remote: ends[peer] }]);
    const forced = forcing.has(own) ? { forced: true } : {};
    expect(used[0]?.nat).toEqual({ local: forcing.has(own), remote: forcing.has(peer), ...forced });
    expect(gateway.core.children().map(({ encap }) => encap)).toEqual([true]);
  }
}

describe.each(VERSIONS)('ESP in UDP without a NAT: %s', (_, version) => {
  it.each(SIDES)('where %s wants it', (__, forcing) => {
    expectInUdp(connected(changesFor(version, forcing)), forcing);
  });

  it('is not where nobody wants it', () => {
    const { left } = connected(changesFor(version, new Set()));
    expect(left.core.children()).toMatchObject([{ encap: false }]);
    expect(left.views()[0]?.nat).toEqual({ local: false, remote: false });
  });
});

describe('what a responder forces before it knows the tunnel', () => {
  const other = (changes: Partial<TunnelPolicy>) => {
    const base = tunnelPolicy(RIGHT, LEFT);
    return { ...base, remote: { ...base.remote, address: { kind: 'any' as const } }, name: 'other', ...changes };
  };

  it.each([
    ['both', FORCED, true],
    ['only one', {}, false],
  ])('is ESP in UDP where %s of two tunnels that the peer may mean have it', (_, more, encap) => {
    for (const version of [1, 2] as const) {
      const left = new TestGateway(LEFT.address, { seed: 1, tunnels: [tunnelPolicy(LEFT, RIGHT, { version })] });
      const tunnels = [
        tunnelPolicy(RIGHT, LEFT, { version, ...FORCED }),
        other({ version, mobike: version === 2, ...more }),
      ];
      const right = new TestGateway(RIGHT.address, { seed: 2, tunnels });
      left.initiate();
      converse({ left, right });
      expect(left.core.children()).toMatchObject([{ encap }]);
      expect(right.core.children()).toMatchObject([{ encap }]);
    }
  });

  it('is nothing towards a peer that knows no NAT traversal', () => {
    const { left, right } = pair({ right: FORCED });
    left.initiate();
    const isNat = (payload: Payload) => payload.type === 'N' && notifyName(payload.notify).startsWith('NAT_DETECTION');
    right.receive(alterInit(left.takeOne(), (payloads) => payloads.filter((payload) => !isNat(payload))));
    expect(right.ikeSa().nat).toEqual({ local: false, remote: false });
    deliver(right, left);
    expect(left.ikeSa().nat).toEqual({ local: false, remote: false });
  });
});

describe('ESP that has to go in UDP stays there', () => {
  const NEW = '192.0.2.77';

  it.each(SIDES)('when the initiator moves by MOBIKE, and %s wants it (RFC 4555 §3.5)', (_, forcing) => {
    const both = connected(changesFor({}, forcing));
    both.left.command({ kind: 'local-address', gateway: 'gw', address: NEW, others: [] });
    converse(both);
    expectInUdp(both, forcing, NEW);
  });

  it.each(SIDES)('when the IKE SA is rekeyed and then moves, and %s wants it', (_, forcing) => {
    const both = connected(changesFor({}, forcing));
    const before = both.left.ikeSa().initiatorSpi;
    both.left.command({ kind: 'rekey', tunnel: 'net', what: 'ike' });
    converse(both);
    expect(both.left.views().filter(({ state }) => state === 'established')[0]?.initiatorSpi).not.toBe(before);
    expectInUdp(both, forcing);
    both.left.command({ kind: 'local-address', gateway: 'gw', address: NEW, others: [] });
    converse(both);
    expectInUdp(both, forcing, NEW);
  });
});

describe('the source that is told instead of the true one', () => {
  const spis = { initiatorSpi: 'c0c1c2c3c4c5c6c7', responderSpi: 'd0d1d2d3d4d5d6d7' };

  it('is the hash of 0.0.0.0:0, beside the true destination', () => {
    const path = { local: { address: LEFT.address, port: 500 }, remote: { address: RIGHT.address, port: 500 } };
    const hashOf = (...endpoint: Parameters<typeof natDetectionHash>[3][]) =>
      endpoint.map((one) => natDetectionHash('sha1', spis.initiatorSpi, spis.responderSpi, one));
    const told = natNotifies(spis, path, true).map(({ data }) => data);
    expect(told).toEqual(hashOf({ address: '0.0.0.0', port: 0 }, path.remote));
    expect(natNotifies(spis, path, false).map(({ data }) => data)).toEqual(hashOf(path.local, path.remote));
  });
});
