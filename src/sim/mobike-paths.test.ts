import { describe, expect, it } from 'vitest';
import type { IpAddress } from '../base/net.ts';
import { MINUTE, SECOND } from '../base/time.ts';
import { PRESETS } from './conditions.ts';
import { establishedIkeSas, expectAgreement } from './invariants.ts';
import { CorePair, reasonsOf } from './pair.ts';
import { forEachSeed } from './seeds.ts';
import { LEFT, RIGHT, tunnelPolicy } from './tunnels.ts';

const OURS = [LEFT.address, '192.0.2.2'] as const;
const THEIRS = [RIGHT.address, '198.51.100.2', '198.51.100.3'] as const;

/** Each end has several addresses, and the other one is told of them. */
function multihomed(seed: number, [first, ...rest] = OURS as readonly IpAddress[]): CorePair {
  const ours = { ...tunnelPolicy(LEFT, RIGHT).local, alternatives: rest };
  const theirs = { ...tunnelPolicy(RIGHT, LEFT).local, alternatives: THEIRS.slice(1) };
  // A call may come from any of them.
  const anywhere = { ...tunnelPolicy(RIGHT, LEFT).remote, address: { kind: 'any' } } as const;
  const pair = new CorePair({
    seed,
    network: seed % 2 === 0 ? PRESETS.calm : PRESETS.lossy10,
    tunnel: { dpd: { delay: 8 * SECOND, timeout: 20 * SECOND, action: 'restart' } },
    left: { policy: { local: ours } },
    right: { policy: { local: theirs, remote: anywhere } },
  });
  if (first !== pair.left.address) throw new RangeError('the first one is in use');
  for (const address of rest) pair.left.addAddress(address);
  for (const address of THEIRS.slice(1)) pair.right.addAddress(address);
  pair.connect();
  return pair;
}

/** Nothing passes any more but between these two. */
function leaveOnly(pair: CorePair, local: IpAddress, remote: IpAddress): void {
  for (const ours of OURS)
    for (const theirs of THEIRS) if (ours !== local || theirs !== remote) pair.world.network.partition(ours, theirs);
}

function expectOn(pair: CorePair, local: IpAddress, remote: IpAddress): void {
  expect(establishedIkeSas(pair.left)).toMatchObject([{ local: { address: local }, remote: { address: remote } }]);
  expect(establishedIkeSas(pair.right)).toMatchObject([{ local: { address: remote }, remote: { address: local } }]);
  expectAgreement(pair.world, pair.left, pair.right);
  expect(pair.exchangePackets()).toEqual(['delivered', 'delivered']);
  for (const gateway of [pair.left, pair.right]) expect(reasonsOf(gateway, 'ike.closed')).toEqual([]);
}

describe('a path that carries nothing any more (RFC 4555 §3.10)', () => {
  it('is left for one between other addresses, before the peer counts as dead', () => {
    forEachSeed(40, (seed) => {
      const pair = multihomed(seed);
      const { dice } = pair.world;
      pair.world.run(dice.within([0, 10 * SECOND]));
      const local = dice.pick(OURS);
      const remote = dice.pick(THEIRS);
      leaveOnly(pair, local, remote);
      pair.world.run(40 * SECOND);
      pair.world.runUntil('quiet', () => pair.world.idle, MINUTE);
      expectOn(pair, local, remote);
    });
  });

  it('is known from what each end has told the other, and seen in the view of both', () => {
    const { left, right } = multihomed(2);
    const [ours, theirs] = [OURS.slice(1), THEIRS.slice(1)];
    expect(left.machine.views()).toMatchObject([{ mobike: { localAddresses: ours, remoteAddresses: theirs } }]);
    expect(right.machine.views()).toMatchObject([{ mobike: { localAddresses: theirs, remoteAddresses: ours } }]);
  });

  it('and again, also back to the first one', () => {
    forEachSeed(20, (seed) => {
      const pair = multihomed(seed);
      for (const remote of [THEIRS[1], THEIRS[0], THEIRS[2]]) {
        pair.world.network.heal();
        leaveOnly(pair, OURS[0], remote);
        pair.world.run(40 * SECOND);
        pair.world.runUntil('quiet', () => pair.world.idle, MINUTE);
        expectOn(pair, OURS[0], remote);
      }
    });
  });

  it('is given up with the peer where no other one carries anything either', () => {
    const pair = multihomed(2);
    leaveOnly(pair, '0.0.0.0', '0.0.0.0');
    pair.world.run(30 * SECOND);
    expect(reasonsOf(pair.left, 'ike.closed')).toEqual(['peer-unresponsive']);
  });
});
