import type { Duration } from '../base/time.ts';
import { MINUTE, SECOND } from '../base/time.ts';
import type { TunnelPolicy } from '../ike/common/policy.ts';
import { WANTS } from './collisions.ts';
import type { PresetName } from './conditions.ts';
import { HOME_ROUTER, PRESETS } from './conditions.ts';
import { Dice } from './dice.ts';
import type { KernelFault } from './kernel.ts';
import { PROMPT_KERNEL } from './kernel.ts';
import { OPERATION_NAMES, type OperationName, perform } from './operations.ts';
import type { PairOptions } from './pair.ts';
import { CorePair, countEvents } from './pair.ts';
import { expectToSettle } from './settling.ts';
import { SteadyTraffic } from './steady-traffic.ts';
import { LEFT, RIGHT } from './tunnels.ts';

/** What became of a tunnel in its life. */
export type Life = {
  readonly pair: CorePair;
  /** How often a Child SA or an IKE SA was replaced, at both ends together. */
  readonly rekeyings: number;
};

/** What may befall a tunnel. In a quiet life only what costs no packet does. */
type Fortune = {
  readonly weathers: readonly PresetName[];
  readonly operations: readonly OperationName[];
  readonly kernelMayRefuse: boolean;
};

const QUIET: Fortune = {
  weathers: ['calm', 'lossy10', 'duplicating', 'reordering', 'satellite'],
  operations: ['rekey the Child SA', 'rekey the IKE SA', 'probe the peer'],
  kernelMayRefuse: false,
};
const ROUGH: Fortune = {
  weathers: ['calm', 'lossy10', 'lossy30', 'bursty', 'duplicating', 'reordering', 'satellite', 'awful'],
  operations: OPERATION_NAMES,
  kernelMayRefuse: true,
};

/** What the left end has in front of it, and how many segments each end has. */
function placeOf(dice: Dice): Omit<PairOptions, 'seed'> {
  const more = dice.chance(0.2);
  const left = { ...LEFT, segments: more ? [...LEFT.segments, { address: '10.3.0.0', length: 16 }] : LEFT.segments };
  const right = {
    ...RIGHT,
    segments: more ? [...RIGHT.segments, { address: '10.4.0.0', length: 16 }] : RIGHT.segments,
  };
  // One end at most: two that authenticate anew at the same moment may lose a packet.
  const policy = { reauthenticate: dice.chance(0.3) };
  if (!dice.chance(0.3)) return { left: { side: left, policy }, right: { side: right } };
  const inside = { ...left, address: '10.9.0.2', publicAddress: left.address };
  return {
    nats: [{ ...HOME_ROUTER, address: left.address, inside: [inside.address] }],
    left: { side: inside, policy },
    right: { side: right },
  };
}

const STEPS: readonly KernelFault['on'][] = ['allocate-spi', 'add-sa', 'add-policy', 'add-route'];

/**
 * A tunnel that lives for `length` with short lifetimes, in weather, with whatever both ends begin by themselves, and is
 * in order at the end. All of it follows from the seed. @throws SimFailure
 */
export function live(seed: number, length: Duration): Life {
  const dice = new Dice(seed);
  const quiet = dice.chance(0.5);
  const tunnel = policyOf(dice);
  const pair = new CorePair({ seed, tunnel, ...placeOf(dice) });
  pair.connect();
  const traffic = new SteadyTraffic(pair, 5 * SECOND);
  traffic.tolerant = !quiet;
  traffic.start();
  const end = pair.world.scheduler.now + length;
  while (pair.world.scheduler.now < end) spend(pair, dice, quiet ? QUIET : ROUGH);
  traffic.stop();
  expectToSettle(pair);
  const rekeyings = [pair.left, pair.right].flatMap((gateway) => [
    countEvents(gateway, 'child.rekeyed'),
    countEvents(gateway, 'ike.rekeyed'),
    ...(tunnel.version === 1 ? [countEvents(gateway, 'child.installed')] : []),
  ]);
  return { pair, rekeyings: rekeyings.reduce((sum, count) => sum + count, 0) };
}

function policyOf(dice: Dice): Partial<TunnelPolicy> & Pick<TunnelPolicy, 'version'> {
  const delay = dice.pick([10, 30, 60]) * SECOND;
  const version = dice.chance(0.3) ? 1 : 2;
  return {
    version,
    mode: dice.pick(['main', 'aggressive']),
    childLifetime: dice.within([2 * MINUTE, 4 * MINUTE]),
    ikeLifetime: dice.within([3 * MINUTE, 8 * MINUTE]),
    dpd: { delay, timeout: delay + 30 * SECOND, action: 'restart' },
    ...(dice.chance(0.3) ? keyExchangesOf(dice, version) : {}),
  };
}

/** PFS; in IKEv2 half of the time with an additional key exchange for each SA that is made. */
function keyExchangesOf(dice: Dice, version: TunnelPolicy['version']): Partial<TunnelPolicy> {
  return version === 2 && dice.chance(0.5) ? WANTS.always : { childProposals: WANTS.never.childProposals };
}

/** Some time in one weather, in which something may be begun at one end or at both. */
function spend(pair: CorePair, dice: Dice, { weathers, operations, kernelMayRefuse }: Fortune): void {
  const { world, left, right } = pair;
  world.network.conditions = PRESETS[dice.pick(weathers)];
  for (const { kernel } of [left, right]) {
    const faults = STEPS.map((on) => ({ on, code: 'ENOMEM', probability: 0.02 }));
    kernel.behaviour = kernelMayRefuse && dice.chance(0.2) ? { delay: [0, 300], faults } : PROMPT_KERNEL;
  }
  for (const gateway of dice.pick([[], [left], [right], [left, right]])) {
    perform(pair, dice.pick(operations), gateway);
    world.run(dice.chance(0.3) ? 0 : dice.within([0, dice.pick([5, 40, 400, 4_000])]));
  }
  world.run(dice.within([5 * SECOND, 60 * SECOND]));
}
