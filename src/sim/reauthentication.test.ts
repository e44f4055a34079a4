import { describe, expect, it } from 'vitest';
import { MINUTE, SECOND } from '../base/time.ts';
import type { ChildSaView } from '../ike/common/view.ts';
import { setUp } from './collisions.ts';
import { HOME_ROUTER, PRESETS, type PresetName } from './conditions.ts';
import { Dice } from './dice.ts';
import { establishedIkeSas, expectInOrder, installedChildren } from './invariants.ts';
import type { HeldMessage } from './message-gate.ts';
import { perform } from './operations.ts';
import { CorePair, countEvents, reasonsOf } from './pair.ts';
import { forEachSeed } from './seeds.ts';
import { hasChild, Stage } from './stage.ts';
import { SteadyTraffic } from './steady-traffic.ts';
import { CHEAP_ESP, LEFT, RIGHT } from './tunnels.ts';

const WEATHERS: readonly PresetName[] = ['calm', 'lossy10', 'duplicating', 'reordering', 'satellite'];

const TWO_SEGMENTS = {
  left: { side: { ...LEFT, segments: [...LEFT.segments, { address: '10.3.0.0', length: 16 }] } },
  right: { side: { ...RIGHT, segments: [...RIGHT.segments, { address: '10.4.0.0', length: 16 }] } },
};

/** Both ends authenticate anew at about the same moment, again and again, and every packet arrives. */
function renewAtBothEnds(pair: CorePair, dice: Dice): void {
  const traffic = new SteadyTraffic(pair, SECOND / 50).start();
  for (let round = 0; round < 3; round++) {
    pair.world.network.conditions = PRESETS[dice.pick(WEATHERS)];
    for (const gateway of dice.chance(0.5) ? [pair.left, pair.right] : [pair.right, pair.left]) {
      perform(pair, 'rekey the IKE SA', gateway);
      pair.world.run(dice.within([0, dice.pick([1, 40, 400])]));
    }
    pair.world.run(12 * SECOND);
  }
  traffic.stop();
  pair.world.network.conditions = PRESETS.calm;
  pair.world.run(30 * SECOND);
  for (const { machine } of [pair.left, pair.right]) expect(machine.views()).toHaveLength(1);
  expectInOrder(pair.world);
}

/** One end has a new IKE SA, which the other end knows. */
function authenticateAnew(stage: Stage, by = stage.a): void {
  stage.rekeyIke(by);
  for (const exchange of ['IKE_SA_INIT', 'IKE_AUTH']) {
    stage.gate.pass({ from: by, exchange });
    stage.gate.pass({ from: stage.other(by), exchange });
  }
}

describe('a new IKE SA in the place of one that stands', () => {
  it('does not take over before the other end has it, though the old Child SA is replaced meanwhile', () => {
    const stage = new Stage({ left: { policy: { reauthenticate: true } } });
    const { a, b, gate } = stage;
    stage.rekeyIke(a);
    for (const exchange of ['IKE_SA_INIT', 'IKE_AUTH']) {
      gate.pass({ from: a, exchange });
      if (exchange === 'IKE_SA_INIT') gate.pass({ from: b, exchange });
    }
    gate.drop({ from: b, exchange: 'IKE_AUTH' });
    stage.rekeyChild(a);
    for (const says of ['SA', 'D(ESP']) {
      stage.pass(a, 'request', says);
      stage.pass(b, 'response', says);
    }
    stage.pair.world.run(3 * SECOND);
    stage.expectOneOfEach();
  });

  it('is the only one until it has its Child SAs, so that the other end knows where the traffic has gone', () => {
    const stage = new Stage({ left: { policy: { childless: true, reauthenticate: true } } });
    const { a, b, gate } = stage;
    const old = establishedIkeSas(a)[0]?.id;
    authenticateAnew(stage);
    gate.pass({ from: a, exchange: 'CREATE_CHILD_SA' });
    gate.drop({ from: b, exchange: 'CREATE_CHILD_SA' });
    a.fire(`ike:${old}:rekey`);
    gate.passAll();
    stage.expectOneOfEach();
    expect(countEvents(a, 'ike.established')).toBe(2);
  });

  it('gives way to one that the other end has begun since, however late its own Child SA is there', () => {
    const { stage, a, b } = setUp('left', { tunnel: { reauthenticate: true } });
    const { gate } = stage;
    stage.rekeyIke(a);
    for (const [from, exchange] of [
      [a, 'IKE_SA_INIT'],
      [b, 'IKE_SA_INIT'],
      [a, 'IKE_AUTH'],
    ] as const)
      gate.pass({ from, exchange });
    a.kernel.behaviour = { delay: [SECOND, SECOND], faults: [] };
    gate.pass({ from: b, exchange: 'IKE_AUTH' });
    stage.rekeyIke(b);
    gate.pass({ from: b, exchange: 'IKE_SA_INIT' });
    gate.pass({ from: a, exchange: 'IKE_SA_INIT' });
    gate.pass({ from: b, exchange: 'IKE_AUTH' });
    stage.pair.world.run(3 * SECOND);
    stage.expectOneOfEach();
    expect(stage.ikeInitiator).toBe('right');
  });

  it('stays where yet another one stands already, which carries nothing so far', () => {
    const stage = new Stage({ tunnel: { childless: true, reauthenticate: true } });
    const { a, b, gate } = stage;
    authenticateAnew(stage);
    b.kernel.behaviour = { delay: [SECOND, SECOND], faults: [] };
    gate.pass({ from: a, exchange: 'CREATE_CHILD_SA' });
    authenticateAnew(stage, b);
    stage.pair.world.run(2 * SECOND);
    gate.pass({ from: b, exchange: 'CREATE_CHILD_SA' });
    gate.passAll();
    stage.expectOneOfEach();
  });

  it('takes its place, though the old one is rekeyed before it has a Child SA', () => {
    const stage = new Stage({ left: { policy: { childless: true, reauthenticate: true } } });
    const { a, b, gate } = stage;
    const [old] = establishedIkeSas(b);
    authenticateAnew(stage);
    b.fire(`ike:${old?.id}:rekey`);
    stage.pair.world.run(10);
    for (const from of [b, a, b, a]) gate.pass({ from, initiatorSpi: old?.initiatorSpi ?? '' });
    gate.passAll();
    stage.expectOneOfEach();
  });

  it('does not end the old one by itself while the other end rekeys that, whose answer may be lost', () => {
    const stage = new Stage({
      tunnel: { singlePairs: true },
      left: { ...TWO_SEGMENTS.left, policy: { reauthenticate: true } },
    });
    const { a, b, gate } = stage;
    const [old] = establishedIkeSas(b);
    authenticateAnew(stage);
    b.fire(`ike:${old?.id}:rekey`);
    stage.pair.world.run(10);
    gate.pass({ from: b, exchange: 'CREATE_CHILD_SA' });
    expect(gate.waiting.flatMap(({ from, contents }) => (from === a ? contents : []))).not.toContain('D(IKE)');
    gate.drop({ from: a, exchange: 'CREATE_CHILD_SA', kind: 'response' });
    gate.open();
    stage.pair.world.run(20 * SECOND);
    stage.traffic.stop();
    for (const gateway of [a, b]) {
      expect(establishedIkeSas(gateway)).toHaveLength(1);
      expect(installedChildren(gateway)).toHaveLength(2);
    }
  });

  it('takes its place, though it is rekeyed before it has a Child SA', () => {
    const stage = new Stage({ left: { policy: { childless: true, reauthenticate: true } } });
    const { a, b, gate } = stage;
    authenticateAnew(stage);
    const [, fresh] = establishedIkeSas(b);
    b.fire(`ike:${fresh?.id}:rekey`);
    stage.pair.world.run(10);
    gate.pass({ from: a, exchange: 'CREATE_CHILD_SA', says: 'TSi' });
    stage.pass(b, 'response', 'N(TEMPORARY_FAILURE)');
    gate.pass({ from: b, exchange: 'CREATE_CHILD_SA', says: 'KE' });
    gate.pass({ from: a, exchange: 'CREATE_CHILD_SA', says: 'KE' });
    stage.expectOneOfEach();
    // The old one did not have to be replaced once more.
    expect(countEvents(a, 'ike.established')).toBe(2);
  });

  it('outlives the older one, whose traffic yet another one does not carry in whole', () => {
    const stage = new Stage({ tunnel: { singlePairs: true, reauthenticate: true }, ...TWO_SEGMENTS });
    const { a, b, gate } = stage;
    const isEnd = ({ from, contents }: HeldMessage) => from === b && contents.includes('D(IKE)');
    stage.rekeyIke(b);
    while (gate.waiting.length > 0) gate.passUnless(isEnd);
    for (const { machine } of [a, b]) expect(machine.children()).toHaveLength(8);
    authenticateAnew(stage);
    gate.passAll();
    gate.open();
    stage.pair.world.run(MINUTE);
    stage.traffic.stop();
    for (const gateway of [a, b]) {
      expect(establishedIkeSas(gateway)).toHaveLength(1);
      expect(installedChildren(gateway)).toHaveLength(4);
    }
  });

  it.each([
    ['has not been told to delete yet', 1],
    ['has just deleted', 2],
  ])(
    'lets in what comes through a Child SA of the old one that is replaced there, and that the other end %s',
    (_, passes) => {
      const stage = new Stage({
        tunnel: { singlePairs: true },
        left: { ...TWO_SEGMENTS.left, policy: { reauthenticate: true } },
      });
      const { a, b, gate } = stage;
      const [child] = installedChildren(a);
      if (child === undefined) return stage.pair.world.fail('no Child SA');
      authenticateAnew(stage);
      gate.pass({ from: a, exchange: 'CREATE_CHILD_SA' });
      stage.rekeyChild(a, child);
      stage.pass(a, 'request', 'N(REKEY_SA');
      gate.pass({
        from: b,
        kind: 'response',
        initiatorSpi: establishedIkeSas(a)[0]?.initiatorSpi ?? '',
        exchange: 'CREATE_CHILD_SA',
      });
      for (let pass = 1; pass < passes; pass++) {
        stage.pass(a, 'request', 'D(ESP');
        stage.pass(b, 'response', 'D(ESP');
      }
      gate.pass({ from: b, exchange: 'CREATE_CHILD_SA' });
      expect(establishedIkeSas(a)).toHaveLength(1);
      expect(hasChild(a, child)).toBe(true);
      stage.pair.world.run(SECOND / 2);
      gate.open();
      stage.pair.world.run(10 * SECOND);
      stage.traffic.stop();
      for (const gateway of [a, b]) {
        expect(establishedIkeSas(gateway)).toHaveLength(1);
        expect(installedChildren(gateway)).toHaveLength(2);
      }
    },
  );

  it('takes over before a newer one that the other end is not known to have, and not from that', () => {
    const stage = new Stage({ left: { policy: { reauthenticate: true } } });
    const { a, b, gate } = stage;
    const [old] = establishedIkeSas(a);
    authenticateAnew(stage);
    const [, second] = establishedIkeSas(b);
    b.fire(`ike:${second?.id}:rekey`);
    stage.pair.world.run(10);
    gate.pass({ from: b, exchange: 'CREATE_CHILD_SA' });
    authenticateAnew(stage);
    gate.pass({ from: a, exchange: 'CREATE_CHILD_SA' });
    gate.pass({ from: a, kind: 'request', initiatorSpi: old?.initiatorSpi ?? '', says: 'D(IKE)' });
    stage.pair.world.run(3 * SECOND);
    stage.pass(a, 'request', 'D(IKE)');
    stage.expectOneOfEach();
  });

  it('ends what waits to take over in the old one, whatever the peer repeats there', () => {
    const stage = new Stage({ left: { policy: { reauthenticate: true } } });
    const { a, b, gate } = stage;
    const [old] = establishedIkeSas(a);
    stage.rekeyChild(b);
    stage.pass(b, 'request', 'N(REKEY_SA');
    const isLost = ({ from, initiatorSpi }: HeldMessage) => from === a && initiatorSpi === old?.initiatorSpi;
    gate.passUnless(isLost);
    authenticateAnew(stage);
    // Until what the old IKE SA drains is gone.
    for (let time = 0; time < 12 * SECOND; time += SECOND) {
      stage.pair.world.run(SECOND);
      gate.passUnless(isLost);
    }
    gate.open();
    stage.pair.world.run(10 * SECOND);
    expect(reasonsOf(a, 'ike.closed')).toEqual(['replaced']);
    stage.expectOneOfEach();
  });
});

describe('what drains when its IKE SA is gone already', () => {
  function drained() {
    const inside = { ...LEFT, address: '10.9.0.2', publicAddress: LEFT.address };
    const nats = [{ ...HOME_ROUTER, address: LEFT.address, inside: [inside.address] }];
    const pair = new CorePair({ seed: 1, nats, tunnel: { reauthenticate: true }, left: { side: inside } });
    pair.connect();
    perform(pair, 'rekey the IKE SA', pair.left);
    const { right, world } = pair;
    const rest = () => right.machine.children().filter(({ state }) => state === 'deleting');
    world.runUntil('drained', () => right.machine.views().length === 1 && rest().length === 1, 5 * SECOND);
    const [child] = rest();
    if (child === undefined) throw new Error('nothing drains');
    return { pair, right, child };
  }

  it('ends with its lifetime, and its timer with it', () => {
    const { pair, right, child } = drained();
    right.kernel.expire(child.inbound);
    pair.world.run(1);
    expect(reasonsOf(right, 'child.deleted')).toEqual(['replaced']);
    expect([...right.timers.keys()].filter((key) => key.endsWith(child.id))).toEqual([]);
  });

  it('goes with the tunnel, and its timer with it', () => {
    const { pair, right } = drained();
    pair.terminate(right);
    pair.world.run(10);
    expect(right.machine.children()).toEqual([]);
    expect([...right.timers.keys()].filter((key) => key.startsWith('sas:'))).toEqual([]);
  });

  it('says nothing of where the peer is', () => {
    const { pair, right, child } = drained();
    right.kernel.report({ kind: 'mapping', sa: child.inbound, from: { address: LEFT.address, port: 40_000 } });
    pair.world.run(SECOND);
    expectInOrder(pair.world);
  });
});

describe('reauthentication of both ends at once', () => {
  it('loses no packet, whichever of the two new IKE SAs stays', () => {
    forEachSeed(10, (seed) => {
      const pair = new CorePair({ seed, tunnel: { reauthenticate: true } });
      pair.connect();
      renewAtBothEnds(pair, new Dice(seed));
    });
  });

  it('and none where each pair of segments has a Child SA of its own', () => {
    forEachSeed(4, (seed) => {
      const pair = new CorePair({ seed, tunnel: { reauthenticate: true, singlePairs: true }, ...TWO_SEGMENTS });
      pair.initiate(pair.left);
      pair.world.run(10 * SECOND);
      for (const gateway of [pair.left, pair.right]) expect(installedChildren(gateway)).toHaveLength(4);
      renewAtBothEnds(pair, new Dice(seed));
      for (const gateway of [pair.left, pair.right]) expect(installedChildren(gateway)).toHaveLength(4);
    });
  });

  it('nor where the peer deletes the old IKE SA while the new one waits for the kernel', () => {
    forEachSeed(5, (seed) => {
      const policy = { dpd: { delay: SECOND, timeout: 20 * SECOND, action: 'restart' } } as const;
      const pair = new CorePair({ seed, left: { policy: { reauthenticate: true } }, right: { policy } });
      pair.connect();
      const { right, world } = pair;
      world.network.conditions = { ...PRESETS.calm, latency: [SECOND, SECOND] };
      perform(pair, 'rekey the IKE SA', pair.left);
      const isAnswered = () =>
        right.pending === 0 && right.machine.children().some(({ state }) => state === 'installing');
      world.runUntil('answered', isAnswered, 20 * SECOND);
      // Longer than the Delete is under way.
      right.kernel.behaviour = { delay: [3 * SECOND, 3 * SECOND], faults: [] };
      world.run(20 * SECOND);
      expect(right.machine.views()).toHaveLength(1);
      expect(installedChildren(right)).toHaveLength(1);
    });
  });

  it('nor where the peer deletes the old IKE SA while the new one is at a key exchange, and has not all of them', () => {
    const tunnel = { singlePairs: true, childProposals: [{ ...CHEAP_ESP, keyExchange: ['curve25519'] }] } as const;
    const { left, right } = TWO_SEGMENTS;
    const pair = new CorePair({
      seed: 1,
      tunnel,
      left: { ...left, policy: { reauthenticate: true } },
      right: { ...right, jobDelay: [SECOND, SECOND] },
    });
    pair.connect();
    const [old] = establishedIkeSas(pair.left);
    perform(pair, 'rekey the IKE SA', pair.left);
    const isMadeBy = ({ ikeSa, state }: ChildSaView) => ikeSa !== old?.id && state === 'installing';
    const isBusy = () => pair.right.machine.children().some(isMadeBy) && pair.right.jobs > 0;
    pair.world.runUntil('busy', isBusy, 20 * SECOND);
    pair.left.fire(`ike:${old?.id}:lifetime`);
    const there = { source: '10.2.0.5', destination: '10.1.0.5', protocol: 1, bytes: 84 };
    for (let time = 0; time < 2 * SECOND; time += 20) {
      pair.world.run(20);
      expect(pair.world.transmit(pair.right, there)).not.toBe('blocked');
    }
  });

  it('and leaves one IKE SA where the one that is to stay has lost its Child SA meanwhile', () => {
    forEachSeed(200, (seed) => {
      const dice = new Dice(seed);
      const pair = new CorePair({ seed });
      pair.world.network.conditions = { ...PRESETS.calm, latency: [SECOND / 10, SECOND] };
      pair.initiate(pair.left);
      pair.initiate(pair.right);
      pair.world.run(dice.within([2 * SECOND, 8 * SECOND]));
      const gateway = dice.pick([pair.left, pair.right]);
      const [elder] = installedChildren(gateway);
      if (elder !== undefined) gateway.kernel.expire(elder.inbound);
      // However often it is rekeyed.
      for (let round = 0; round < 6; round++) {
        pair.world.run(20 * SECOND);
        if (round < 5 && dice.chance(0.5)) perform(pair, 'rekey the IKE SA', dice.pick([pair.left, pair.right]));
      }
      for (const { machine } of [pair.left, pair.right]) expect(machine.views()).toHaveLength(1);
      expectInOrder(pair.world);
    });
  });

  it('and leaves one IKE SA where the peer rekeys the one that is to go before that is found out', () => {
    forEachSeed(200, (seed) => {
      const dice = new Dice(seed);
      const pair = new CorePair({ seed });
      pair.world.network.conditions = { ...PRESETS.calm, latency: [SECOND / 10, SECOND] };
      pair.initiate(pair.left);
      pair.initiate(pair.right);
      pair.world.run(dice.within([0, 8 * SECOND]));
      perform(pair, 'rekey the IKE SA', dice.pick([pair.left, pair.right]));
      pair.world.run(90 * SECOND);
      for (const { machine } of [pair.left, pair.right]) expect(machine.views()).toHaveLength(1);
      expectInOrder(pair.world);
    });
  });
});
