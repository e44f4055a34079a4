import { describe, expect, it } from 'vitest';
import { proposals } from '../ike/testing/proposals.ts';
import { formatSuite } from '../sa/proposal.ts';
import type { PresetName } from './conditions.ts';
import { CALM, HOME_ROUTER, PRESETS } from './conditions.ts';
import { Dice } from './dice.ts';
import type { PairOptions } from './pair.ts';
import { CorePair } from './pair.ts';
import { forEachSeed } from './seeds.ts';
import { LEFT, RIGHT } from './tunnels.ts';

const BASE = 'aes128gcm16-prfsha256-x25519';
const HYBRID = `${BASE}-ke1_mlkem768`;

/** Both ends with the same proposals. */
function hybrid(seed: number, options: Omit<PairOptions, 'seed'> = {}, ...texts: string[]): CorePair {
  // Between the ports 500, unless there is a NAT: no marker makes a message longer than it is.
  const tunnel = { mobike: false, ikeProposals: proposals(...(texts.length === 0 ? [HYBRID] : texts)) };
  return new CorePair({ seed, tunnel, ...options });
}

function suitesOf(pair: CorePair): string[] {
  return [pair.left, pair.right].flatMap(({ machine }) =>
    machine.views().flatMap(({ state, suite }) => (state === 'established' && suite ? [formatSuite(suite)] : [])),
  );
}

const AGREED = Array(2).fill(HYBRID.replace('x25519', 'curve25519'));

describe('additional key exchanges (RFC 9370)', () => {
  it('cost a round trip each on a calm path, and packets cross both ways', () => {
    const pair = hybrid(1);
    let sent = 0;
    pair.world.network.tap(() => sent++);
    expect(pair.connect()).toBeLessThan(150);
    expect(sent).toBe(6);
    expect(suitesOf(pair)).toEqual(AGREED);
    expect(pair.exchangePackets()).toEqual(['delivered', 'delivered']);
  });

  const paths: PresetName[] = ['lossy10', 'lossy30', 'bursty', 'duplicating', 'reordering', 'satellite', 'awful'];
  it.each(paths)('converge on a %s path, with values that go in fragments', (name) => {
    forEachSeed(12, (seed) => {
      const pair = hybrid(seed, { network: PRESETS[name] }, `${BASE}-ke1_mlkem1024-ke2_mlkem768`);
      pair.connect();
      expect(suitesOf(pair)).toEqual(Array(2).fill('aes128gcm16-prfsha256-curve25519-ke1_mlkem1024-ke2_mlkem768'));
      expect(pair.exchangePackets()).toEqual(['delivered', 'delivered']);
    });
  });

  it('no datagram exceeds the least MTU of IPv6, behind NAT too', () => {
    forEachSeed(20, (seed) => {
      const inside = { ...LEFT, address: '10.9.0.2', publicAddress: LEFT.address };
      const translated = seed % 2 === 0;
      const pair = hybrid(
        seed,
        {
          network: { ...CALM, mtu: 1280, loss: new Dice(seed).fraction() * 0.2 },
          ...(translated ? { nats: [{ ...HOME_ROUTER, address: LEFT.address, inside: [inside.address] }] } : {}),
          left: { side: translated ? inside : LEFT },
          right: { side: RIGHT },
        },
        `${BASE}-ke1_mlkem768-ke2_mlkem1024-ke3_mlkem512`,
      );
      let largest = 0;
      let from500 = 0;
      pair.world.network.tap(({ bytes, from }) => {
        largest = Math.max(largest, bytes.length);
        if (from.port === 500 && bytes[18] === 43) from500++;
      });
      pair.connect();
      expect(largest).toBeLessThanOrEqual(1280 - 28);
      // RFC 9242 §3.2: with a NAT on the path they go between the ports 4500 from the first one on.
      expect(from500 > 0).toBe(!translated);
    });
  });

  it('an end without them takes what both have', () => {
    forEachSeed(40, (seed) => {
      const plain = { policy: { ikeProposals: proposals(BASE) } };
      const able = { policy: { ikeProposals: proposals(HYBRID, BASE) } };
      const pair = new CorePair({
        seed,
        network: PRESETS.lossy10,
        ...(seed % 2 === 0 ? { left: able, right: plain } : { left: plain, right: able }),
      });
      pair.connect();
      expect(suitesOf(pair)).toEqual(Array(2).fill('aes128gcm16-prfsha256-curve25519'));
    });
  });

  it('both ends initiating at once end with one Child SA', () => {
    forEachSeed(40, (seed) => {
      const dice = new Dice(seed);
      const pair = hybrid(seed, { network: dice.chance(0.5) ? PRESETS.calm : PRESETS.lossy10 });
      pair.initiate(pair.left);
      pair.world.run(dice.chance(0.5) ? 0 : dice.within([0, 120]));
      pair.initiate(pair.right);
      pair.awaitConnection([pair.left, pair.right]);
      expect(suitesOf(pair)).toEqual(AGREED);
    });
  });

  it('key exchanges that take their time hold nothing up for good', () => {
    forEachSeed(20, (seed) => {
      const slow = { jobDelay: [200, 2_500] } as const;
      const pair = hybrid(seed, { network: PRESETS.lossy10, left: slow, right: slow });
      pair.connect();
      expect(suitesOf(pair)).toEqual(AGREED);
    });
  });
});
