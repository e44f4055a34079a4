import { describe, it } from 'vitest';
import { MINUTE, SECOND } from '../base/time.ts';
import type { TunnelPolicy } from '../ike/common/policy.ts';
import { HOME_ROUTER, PRESETS } from './conditions.ts';
import { establishedIkeSas, expectAgreement, installedChildren } from './invariants.ts';
import type { NatOptions } from './nat.ts';
import { CorePair, countEvents } from './pair.ts';
import { forEachSeed } from './seeds.ts';

const FORCED: Partial<TunnelPolicy> = { encapsulation: 'udp' };
const ROUTER: NatOptions = { ...HOME_ROUTER, address: '203.0.113.1', inside: ['10.9.0.2'] };

/** Which ends want it: the left one initiates. */
const WANTED: readonly (readonly [string, { left?: object; right?: object }])[] = [
  ['the initiator', { left: { policy: FORCED } }],
  ['the responder', { right: { policy: FORCED } }],
  ['either end', { left: { policy: FORCED }, right: { policy: FORCED } }],
];

const VERSIONS: readonly (readonly [string, Partial<TunnelPolicy>])[] = [
  ['IKEv2', {}],
  ['IKEv2 without MOBIKE', { mobike: false }],
  ['IKEv1', { version: 1 }],
  ['IKEv1 in aggressive mode', { version: 1, mode: 'aggressive' }],
];

const CASES = VERSIONS.flatMap(([version, tunnel]) =>
  WANTED.map(([end, sides]) => ({ name: `${version}, ${end}`, options: { tunnel, ...sides } })),
);

/** The initiator uses the ports 4500, all Child SAs are in UDP, and packets go both ways. */
function expectInUdp(pair: CorePair): void {
  expectAgreement(pair.world, pair.left, pair.right);
  if (establishedIkeSas(pair.left).some(({ local, remote }) => local.port !== 4500 || remote.port !== 4500))
    pair.world.fail('the initiator is not at port 4500');
  for (const gateway of [pair.left, pair.right])
    if (installedChildren(gateway).some(({ encap }) => !encap)) pair.world.fail(`${gateway.name} has ESP without UDP`);
  const fates = pair.exchangePackets().join();
  if (fates !== 'delivered,delivered') pair.world.fail(`packets are ${fates}`);
}

describe('ESP in UDP without a NAT', () => {
  it.each(CASES)('$name wants it: from the first Child SA on, with loss', ({ options }) => {
    forEachSeed(20, (seed) => {
      const pair = new CorePair({ seed, network: seed % 2 === 0 ? PRESETS.calm : PRESETS.lossy10, ...options });
      pair.connect();
      expectInUdp(pair);
    });
  });

  it.each(CASES)('$name wants it: through every replacement of both kinds of SA', ({ options }) => {
    forEachSeed(3, (seed) => {
      const tunnel = {
        ...options.tunnel,
        ikeLifetime: 8 * MINUTE,
        childLifetime: 5 * MINUTE,
        reauthenticate: seed % 2 === 0,
      };
      const pair = new CorePair({ seed, ...options, tunnel });
      pair.connect();
      for (let round = 0; round < 3; round++) {
        pair.world.run(5 * MINUTE);
        pair.world.runUntil('quiet', () => pair.world.idle, MINUTE);
        expectInUdp(pair);
      }
      if (countEvents(pair.left, 'ike.established') + countEvents(pair.left, 'ike.rekeyed') < 2)
        pair.world.fail('no IKE SA was replaced');
    });
  });

  it.each(WANTED)('%s wants it: wherever the initiator moves, behind a NAT too (RFC 4555 §3.5)', (_, sides) => {
    forEachSeed(20, (seed) => {
      const pair = new CorePair({
        seed,
        nats: [ROUTER],
        network: seed % 2 === 0 ? PRESETS.calm : PRESETS.lossy10,
        ...sides,
      });
      pair.connect();
      for (const address of ['192.0.2.2', '10.9.0.2', '192.0.2.3']) {
        pair.move(pair.left, address);
        pair.world.run(20 * SECOND);
        pair.world.runUntil('quiet', () => pair.world.idle, MINUTE);
        expectInUdp(pair);
      }
    });
  });
});
