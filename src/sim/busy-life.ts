import type { Duration } from '../base/time.ts';
import { HOUR, SECOND } from '../base/time.ts';
import type { TunnelPolicy } from '../ike/common/policy.ts';
import { HOME_ROUTER, PRESETS } from './conditions.ts';
import { Dice } from './dice.ts';
import { FORTUNES, type Fortune, type FortuneName, SUPERVISION_INTERVAL } from './fortune.ts';
import type { KernelFault } from './kernel.ts';
import { PROMPT_KERNEL } from './kernel.ts';
import { perform } from './operations.ts';
import type { PairOptions } from './pair.ts';
import { CorePair, countEvents } from './pair.ts';
import { expectToSettle } from './settling.ts';
import { SteadyTraffic } from './steady-traffic.ts';
import { CHEAP_ESP, LEFT, RIGHT, type Side } from './tunnels.ts';

/** What became of a tunnel in its life. */
export type BusyLife = {
  readonly pair: CorePair;
  readonly fortune: FortuneName;
  /** How many Child SAs and IKE SAs gave way to a successor, as the end that saw more of it counts. */
  readonly rekeyings: number;
};

/** However rough a life is, it gets to its rekeyings: where it does not in this time, a tunnel has stuck. */
const LONGEST_LIFE: Duration = 6 * HOUR;

const TRAFFIC_INTERVAL: Duration = 2 * SECOND;

/**
 * A tunnel that lives until it has been rekeyed so many times, which is minutes: with short lifetimes, in weather that
 * changes, and with whatever both ends begin by themselves again and again, mostly rekeyings and often at once. It is in
 * order at the end. All of it follows from the seed. @throws SimFailure
 */
export function liveBusily(seed: number, rekeyings: number): BusyLife {
  const dice = new Dice(seed);
  const name = dice.pick<FortuneName>(['brisk', 'quiet', 'rough', 'rough']);
  const fortune: Fortune = FORTUNES[name];
  const pair = new CorePair({ seed, tunnel: policyOf(dice, fortune), ...placeOf(dice) });
  pair.world.note(() => `== a ${name} life`);
  pair.connect();
  const traffic = new SteadyTraffic(pair, TRAFFIC_INTERVAL);
  traffic.tolerant = !fortune.lossless;
  traffic.start();
  const dismiss = fortune.supervised ? pair.supervise([pair.left, pair.right], SUPERVISION_INTERVAL) : () => {};
  const end = pair.world.scheduler.now + LONGEST_LIFE;
  while (rekeyingsOf(pair) < rekeyings) {
    spend(pair, dice, fortune);
    if (pair.world.scheduler.now > end) pair.world.fail(`only ${rekeyingsOf(pair)} rekeyings in ${LONGEST_LIFE} ms`);
  }
  dismiss();
  traffic.stop();
  expectToSettle(pair);
  return { pair, fortune: name, rekeyings: rekeyingsOf(pair) };
}

function rekeyingsOf({ left, right }: CorePair): number {
  const [here = 0, there = 0] = [left, right].map(
    (gateway) => countEvents(gateway, 'child.rekeyed') + countEvents(gateway, 'ike.rekeyed'),
  );
  return Math.max(here, there);
}

function policyOf(dice: Dice, fortune: Fortune): Partial<TunnelPolicy> {
  const delay = dice.pick([10, 30, 60]) * SECOND;
  return {
    version: dice.chance(0.3) ? 1 : 2,
    mode: dice.pick(['main', 'aggressive']),
    childLifetime: dice.within(fortune.childLifetime),
    ikeLifetime: dice.within(fortune.ikeLifetime),
    dpd: { delay, timeout: delay + 30 * SECOND, action: 'restart' },
    ...(dice.chance(0.3) ? { childProposals: [{ ...CHEAP_ESP, keyExchange: ['curve25519'] }] } : {}),
  };
}

/** What the left end has in front of it, and how many segments each end has. */
function placeOf(dice: Dice): Omit<PairOptions, 'seed'> {
  const [left, right] = dice.chance(0.2)
    ? [withSegment(LEFT, '10.3.0.0'), withSegment(RIGHT, '10.4.0.0')]
    : [LEFT, RIGHT];
  if (!dice.chance(0.3)) return { left: { side: left }, right: { side: right } };
  const inside = { ...left, address: '10.9.0.2', publicAddress: left.address };
  return {
    nats: [{ ...HOME_ROUTER, address: left.address, inside: [inside.address] }],
    left: { side: inside },
    right: { side: right },
  };
}

function withSegment(side: Side, address: string): Side {
  return { ...side, segments: [...side.segments, { address, length: 16 }] };
}

const STEPS: readonly KernelFault['on'][] = ['allocate-spi', 'add-sa', 'add-policy', 'add-route'];

/** How many moments of a spell something may be begun in. */
const MOMENTS = [1, 2, 3, 5, 8] as const;

/** A spell in one weather, in which something may be begun again and again, at one end or at both. */
function spend(pair: CorePair, dice: Dice, { weathers, operations, kernelMayRefuse }: Fortune): void {
  const { world, left, right } = pair;
  world.network.conditions = PRESETS[dice.pick(weathers)];
  for (const { kernel } of [left, right]) {
    const faults = STEPS.map((on) => ({ on, code: 'ENOMEM', probability: 0.02 }));
    kernel.behaviour = kernelMayRefuse && dice.chance(0.2) ? { delay: [0, 300], faults } : PROMPT_KERNEL;
  }
  for (let moments = dice.pick(MOMENTS); moments > 0; moments--) {
    for (const gateway of dice.pick([[left], [right], [left, right]])) {
      perform(pair, dice.pick(operations), gateway);
      world.run(dice.chance(0.3) ? 0 : dice.within([0, dice.pick([5, 40, 400])]));
    }
    world.run(dice.within([0, dice.pick([40, 400, 4_000])]));
  }
  // Mostly short; now and then long enough for liveness, and for a NAT device to forget.
  world.run(dice.within([0, dice.chance(0.1) ? 60 * SECOND : 4 * SECOND]));
}
