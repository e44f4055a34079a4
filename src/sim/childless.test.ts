import { describe, expect, it } from 'vitest';
import { MINUTE, SECOND } from '../base/time.ts';
import { PRESETS } from './conditions.ts';
import { Dice } from './dice.ts';
import type { SimGateway } from './gateway.ts';
import { expectAgreement, installedChildren } from './invariants.ts';
import { MessageGate } from './message-gate.ts';
import { CorePair, countEvents } from './pair.ts';
import { forEachSeed } from './seeds.ts';
import { CHEAP_ESP } from './tunnels.ts';

describe.each(['left', 'right'] as const)(
  'the IKE SA begins without a Child SA, initiated by %s (RFC 6023)',
  (side) => {
    /** Up to the request for the Child SA, which waits. */
    function withoutChild() {
      const childProposals = [{ ...CHEAP_ESP, keyExchange: ['curve25519'] }] as const;
      const dpd = { delay: 20 * MINUTE, timeout: 30 * MINUTE, action: 'restart' } as const;
      const pair = new CorePair({ seed: 1, tunnel: { childProposals, dpd }, [side]: { policy: { childless: true } } });
      const gate = new MessageGate(pair.world);
      const a = pair[side];
      const b = a === pair.left ? pair.right : pair.left;
      pair.initiate(a);
      pair.world.run(10);
      gate.pass({ from: a, exchange: 'IKE_SA_INIT' });
      gate.pass({ from: b, exchange: 'IKE_SA_INIT', says: 'N(CHILDLESS_IKEV2_SUPPORTED)' });
      for (const from of [a, b]) {
        const { contents } = gate.pass({ from, exchange: 'IKE_AUTH' });
        expect(contents).toContain('AUTH');
        for (const type of ['SA', 'TSi', 'TSr']) expect(contents).not.toContain(type);
      }
      return { pair, gate, a, b };
    }

    function expectAlone(gateway: SimGateway): void {
      expect(gateway.machine.views()).toMatchObject([{ state: 'established' }]);
      expect(installedChildren(gateway)).toEqual([]);
      expect(countEvents(gateway, 'child.failed')).toBe(0);
    }

    it('regular: a Child SA follows with a key exchange of its own', () => {
      const { pair, gate, a, b } = withoutChild();
      for (const gateway of [a, b]) expectAlone(gateway);
      for (const from of [a, b])
        expect(gate.pass({ from, exchange: 'CREATE_CHILD_SA' }).contents).toEqual(['SA', 'Nonce', 'KE', 'TSi', 'TSr']);
      expect(gate.waiting).toEqual([]);
      expectAgreement(pair.world, a, b);
      expect(pair.exchangePackets()).toEqual(['delivered', 'delivered']);
      for (const gateway of [a, b]) expect(countEvents(gateway, 'child.installed')).toBe(1);
    });

    it('regular_manual: it is asked for much later, and until then both have the IKE SA alone', () => {
      const { pair, gate, a, b } = withoutChild();
      for (let time = 0; time < 2 * MINUTE; time += 10 * SECOND) {
        pair.world.run(10 * SECOND);
        for (const gateway of [a, b]) expectAlone(gateway);
      }
      // It was asked for all the time, and comes through now.
      gate.passAll();
      expectAgreement(pair.world, a, b);
      expect(pair.exchangePackets()).toEqual(['delivered', 'delivered']);
    });
  },
);

describe('IKE SAs that begin without a Child SA (RFC 6023)', () => {
  it.each(['calm', 'lossy30', 'reordering', 'duplicating'] as const)('come up and live, %s', (weather) => {
    forEachSeed(50, (seed) => {
      const dice = new Dice(seed);
      const tunnel = { childless: true, childLifetime: 5 * MINUTE, ikeLifetime: 8 * MINUTE };
      const reauthenticate = dice.chance(0.3);
      const pair = new CorePair({
        seed,
        network: PRESETS[weather],
        tunnel,
        left: { policy: { reauthenticate } },
        ...(dice.chance(0.5) ? { right: { policy: { childless: false } } } : {}),
      });
      const both = dice.chance(0.3);
      pair.awaitConnection(both ? [pair.left, pair.right] : [pair.left]);
      pair.world.run(20 * MINUTE);
      pair.world.network.conditions = PRESETS.calm;
      pair.awaitConnection([pair.left]);
      pair.world.run(MINUTE);
      expectAgreement(pair.world, pair.left, pair.right);
    });
  });
});
