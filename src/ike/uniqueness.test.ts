import { describe, expect, it } from 'vitest';
import { selectorFromPrefix } from '../sa/traffic-selector.ts';
import { LEFT, RIGHT, tunnelPolicy } from '../sim/tunnels.ts';
import { alter, TestGateway } from './testing/gateway.ts';
import { connected, converse, deliver, type Pair } from './testing/pair.ts';

const SEEDS = [1, 2, 3, 4, 5, 6, 7, 8];

function twoGateways(seed: number): Pair {
  return {
    left: new TestGateway(LEFT.address, { seed: 2 * seed, tunnels: [tunnelPolicy(LEFT, RIGHT)] }),
    right: new TestGateway(RIGHT.address, { seed: 2 * seed + 1, tunnels: [tunnelPolicy(RIGHT, LEFT)] }),
  };
}

/** Exactly one IKE SA, the same at both ends, and its Child SA is the only one in either data plane. */
function expectOne({ left, right }: Pair): void {
  for (const one of [left, right]) one.endDrains();
  expect(left.views()).toHaveLength(1);
  expect(right.views()).toHaveLength(1);
  const [ours] = left.views();
  const [theirs] = right.views();
  expect(ours?.initiatorSpi).toBe(theirs?.initiatorSpi);
  expect(ours?.children).toHaveLength(1);
  expect(ours?.children[0]?.inbound).toEqual(theirs?.children[0]?.outbound);
  for (const one of [left, right]) expect(one.installedSas()).toBe(2);
}

describe('one tunnel has one IKE SA', () => {
  it.each(SEEDS)('both ends initiate at once (seed %i)', (seed) => {
    const both = twoGateways(seed);
    both.left.initiate();
    both.right.initiate();
    converse(both);
    expectOne(both);
  });

  it.each(SEEDS)('both initiate, and the INITIAL_CONTACT of one is overtaken by the other IKE SA (seed %i)', (seed) => {
    const both = twoGateways(seed);
    const { left, right } = both;
    left.initiate();
    const late = left.takeOne();
    right.initiate();
    // IKE_SA_INIT of the right side, and its answer; its IKE_AUTH claims INITIAL_CONTACT and is delayed.
    deliver(right, left);
    deliver(left, right);
    const claim = right.takeOne();
    // All of the left side's exchanges.
    right.receive(late);
    converse(both);
    expect(left.views().filter(({ state }) => state === 'established')).toHaveLength(1);
    left.receive(claim);
    converse(both);
    expectOne(both);
  });

  it.each(SEEDS)('both initiate at once, and the peer does not delete what loses: we do, later (seed %i)', (seed) => {
    const both = twoGateways(seed);
    both.left.initiate();
    both.right.initiate();
    // IKE_SA_INIT and IKE_AUTH of both; then each end would delete what it has initiated in vain.
    for (let message = 0; message < 2; message++) crossOver(both);
    const [lowest = ''] = both.left
      .views()
      .map(({ initiatorSpi }) => initiatorSpi)
      .sort();
    const begun = (one: TestGateway) => one.views().find(({ initiatorSpi }) => initiatorSpi === lowest)?.role;
    const patient = begun(both.left) === 'initiator' ? both.left : both.right;
    const careless = patient === both.left ? both.right : both.left;
    expect(careless.outbox).toHaveLength(1);
    careless.take();
    expect(patient.views().filter(({ state }) => state === 'established')).toHaveLength(2);
    patient.fire('superfluous');
    converse(both);
    expect(patient.views().map(({ state, children }) => [state, children.length])).toEqual([['established', 1]]);
    expect(patient.reasonsOf('ike.closed')).toEqual(['replaced']);
  });

  it('a peer that has restarted: the old IKE SA goes without a word', () => {
    const { right } = connected();
    const left = new TestGateway(LEFT.address, { seed: 77, tunnels: [tunnelPolicy(LEFT, RIGHT)] });
    right.mono += 60_000;
    left.initiate();
    converse({ left, right });
    expectOneAfterRestart(left, right);
    expect(right.reasonsOf('ike.closed')).toEqual(['replaced']);
  });

  it('three at once, from one end: one is left', () => {
    const both = twoGateways(9);
    for (let n = 0; n < 3; n++) both.left.initiate();
    converse(both);
    expectOne(both);
  });

  it.each(SEEDS)('three, from both ends (seed %i)', (seed) => {
    const both = twoGateways(seed);
    both.left.initiate();
    both.right.initiate();
    both.left.initiate();
    converse(both);
    expectOne(both);
  });

  it('new ones whose Child SA is refused do not replace the one that works, and do not pile up', () => {
    const { right } = connected();
    for (const seed of [77, 78, 79]) {
      right.mono += 60_000;
      connectElsewhere(seed, right);
    }
    expect(right.reasonsOf('child.failed')).toHaveLength(3);
    expect(
      right
        .views()
        .filter(({ state }) => state === 'established')
        .map(({ children }) => children.length),
    ).toEqual([1, 0]);
  });

  it('ours was only asking when the peer came: it is given up, and its answer changes nothing', () => {
    const both = twoGateways(3);
    both.left.initiate();
    const unheard = both.left.takeOne();
    both.right.initiate();
    converse(both);
    expectOne(both);
    expect(both.left.reasonsOf('ike.failed')).toEqual(['replaced']);
    both.right.receive(unheard);
    deliver(both.right, both.left);
    expect(both.left.views()).toHaveLength(1);
  });
});

/** A request of each end and its answer, at the same time. */
function crossOver({ left, right }: Pair): void {
  for (let way = 0; way < 2; way++) {
    const ways = [left.take(), right.take()] as const;
    for (const sent of ways[0]) right.receive(sent);
    for (const sent of ways[1]) left.receive(sent);
  }
}

function expectOneAfterRestart(left: TestGateway, right: TestGateway): void {
  expect(right.views()).toHaveLength(1);
  expect(right.views()[0]?.initiatorSpi).toBe(left.views()[0]?.initiatorSpi);
  expect(right.steps('remove-sa')).toHaveLength(2);
}

/** Another IKE SA from the left side, without INITIAL_CONTACT and for segments that the right side does not know. */
function connectElsewhere(seed: number, right: TestGateway): void {
  const left = new TestGateway(LEFT.address, { seed, tunnels: [tunnelPolicy(LEFT, RIGHT)] });
  left.initiate();
  deliver(left, right);
  deliver(right, left);
  const selectors = [selectorFromPrefix({ address: '10.99.0.0', length: 16 })];
  const request = alter(left, left.takeOne(), (all) =>
    all
      .filter((payload) => payload.type !== 'N')
      .map((payload) => (payload.type === 'TSi' ? { ...payload, selectors } : payload)),
  );
  right.receive(request);
  right.take();
}
