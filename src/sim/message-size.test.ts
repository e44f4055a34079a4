import { describe, expect, it } from 'vitest';
import type { Prefix } from '../base/net.ts';
import type { Identity } from '../sa/identity.ts';
import { CALM, HOME_ROUTER, PRESETS } from './conditions.ts';
import { Dice } from './dice.ts';
import { installedChildren } from './invariants.ts';
import { CorePair } from './pair.ts';
import { forEachSeed } from './seeds.ts';
import type { Side } from './tunnels.ts';
import { LEFT, RIGHT } from './tunnels.ts';

const SEGMENTS = 20;

function manySegments(second: number): Prefix[] {
  return Array.from({ length: SEGMENTS }, (_, index) => ({ address: `10.${second}.${index * 2}.0`, length: 24 }));
}

/** With the segments, identities of this length make an IKE_AUTH of about two kilobytes. */
function longName(letter: number): Identity {
  return { type: 'keyid', bytes: new Uint8Array(700).fill(letter) };
}

const WIDE_LEFT: Side = { ...LEFT, segments: manySegments(1), identity: longName(0x61) };
const WIDE_RIGHT: Side = { ...RIGHT, segments: manySegments(2), identity: longName(0x62) };

function largest(pair: CorePair): () => number {
  let most = 0;
  pair.world.network.tap(({ bytes }) => {
    most = Math.max(most, bytes.length);
  });
  return () => most;
}

describe('messages that are larger than a datagram (RFC 7383)', () => {
  it('go in fragments that a path with the least MTU of IPv6 takes', () => {
    forEachSeed(30, (seed) => {
      const pair = new CorePair({
        seed,
        network: { ...CALM, mtu: 1280 },
        // Between the ports 500, where no marker stands before a message.
        tunnel: { mobike: false },
        left: { side: WIDE_LEFT },
        right: { side: WIDE_RIGHT },
      });
      const size = largest(pair);
      let fragments = 0;
      // Next payload 53: an Encrypted Fragment.
      pair.world.network.tap(({ bytes }) => (bytes[16] === 53 ? fragments++ : 0));
      pair.connect();
      expect(fragments).toBeGreaterThanOrEqual(4);
      expect(size()).toBeLessThanOrEqual(1280 - 28);
      expect(installedChildren(pair.left)[0]?.localSelectors).toHaveLength(SEGMENTS);
    });
  });

  it('survive loss, duplication and reordering of their fragments, behind NAT too', () => {
    forEachSeed(60, (seed) => {
      const dice = new Dice(seed);
      const inside: Side = { ...WIDE_LEFT, address: '10.9.0.2', publicAddress: LEFT.address };
      const nat = { ...HOME_ROUTER, address: LEFT.address, inside: [inside.address] };
      const translated = dice.chance(0.5);
      const pair = new CorePair({
        seed,
        network: PRESETS[dice.pick(['lossy10', 'lossy30', 'duplicating', 'reordering', 'awful'] as const)],
        ...(translated ? { nats: [nat] } : {}),
        left: { side: translated ? inside : WIDE_LEFT },
        right: { side: WIDE_RIGHT },
      });
      pair.connect();
    });
  });

  it('small ones need no fragments: a path with an MTU of 576 bytes is wide enough', () => {
    const pair = new CorePair({ seed: 1, network: PRESETS.narrow });
    expect(pair.connect()).toBeLessThan(100);
  });
});
