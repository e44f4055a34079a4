import type { Duration } from '../base/time.ts';
import { HOUR, SECOND } from '../base/time.ts';
import { type Circumstances, circumstancesOf } from './circumstances.ts';
import { PRESETS } from './conditions.ts';
import { Dice } from './dice.ts';
import { FORTUNES, type Fortune, type FortuneName, SUPERVISION_INTERVAL } from './fortune.ts';
import type { SimGateway } from './gateway.ts';
import type { KernelFault } from './kernel.ts';
import { PROMPT_KERNEL } from './kernel.ts';
import { perform } from './operations.ts';
import { CorePair, command } from './pair.ts';
import { expectToSettle } from './settling.ts';
import { SteadyTraffic } from './steady-traffic.ts';

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
  const circumstances = circumstancesOf(seed, dice, fortune);
  const pair = new CorePair({ seed, ...circumstances.options });
  const { tunnelsOfRight } = circumstances;
  if (tunnelsOfRight !== undefined) command(pair.right, { kind: 'configure', tunnels: tunnelsOfRight });
  pair.world.note(() => `== a ${name} life`);
  for (const end of circumstances.waiting) pair.setTrap(pair[end]);
  pair.connect();
  const traffic = new SteadyTraffic(pair, TRAFFIC_INTERVAL);
  traffic.tolerant = !fortune.lossless;
  traffic.start();
  const dismiss = fortune.supervised ? supervise(pair, circumstances) : () => {};
  const end = pair.world.scheduler.now + LONGEST_LIFE;
  while (rekeyingsOf(pair) < rekeyings) {
    move(pair, dice, circumstances);
    spend(pair, dice, fortune);
    if (pair.world.scheduler.now > end) pair.world.fail(`only ${rekeyingsOf(pair)} rekeyings in ${LONGEST_LIFE} ms`);
  }
  dismiss();
  traffic.stop();
  goHome(pair, circumstances);
  expectToSettle(pair);
  return { pair, fortune: name, rekeyings: rekeyingsOf(pair) };
}

function supervise(pair: CorePair, { waiting }: Circumstances): () => void {
  const endsThatWait = (wait: boolean) =>
    (['left', 'right'] as const).filter((name) => waiting.includes(name) === wait).map((name) => pair[name]);
  const dismissals = [
    pair.awaitTraffic(endsThatWait(true), SUPERVISION_INTERVAL),
    pair.supervise(endsThatWait(false), SUPERVISION_INTERVAL),
  ];
  return () => {
    for (const dismiss of dismissals) dismiss();
  };
}

function rekeyingsOf({ left, right }: CorePair): number {
  return Math.max(rekeyingsAt(left), rekeyingsAt(right));
}

/** In one pass, as it is asked before each spell of a life. */
function rekeyingsAt({ events }: SimGateway): number {
  let count = 0;
  for (const { type } of events) if (type === 'child.rekeyed' || type === 'ike.rekeyed') count++;
  return count;
}

/** Now and then a left end that moves is somewhere else. */
function move(pair: CorePair, dice: Dice, { addressesOfLeft }: Circumstances): void {
  const { left } = pair;
  if (addressesOfLeft.length === 1 || !dice.chance(0.3)) return;
  pair.move(left, dice.pick(addressesOfLeft.filter((address) => address !== left.address)));
}

/** Where the other end can find it. */
function goHome(pair: CorePair, { addressesOfLeft: [home] }: Circumstances): void {
  if (home !== undefined && home !== pair.left.address) pair.move(pair.left, home);
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
