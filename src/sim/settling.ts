import { MINUTE, SECOND } from '../base/time.ts';
import { PRESETS } from './conditions.ts';
import { bothSidesAgree, installedChildren, kernelMatchesViews, restlessness } from './invariants.ts';
import { PROMPT_KERNEL } from './kernel.ts';
import type { CorePair } from './pair.ts';
import { SteadyTraffic } from './steady-traffic.ts';

/** What nobody deletes goes after this time in IKEv2; in IKEv1 DPD has found out by then what was lost. */
const CLEARING_TIME = 100 * SECOND;

/**
 * However it went: in good weather both ends come to one IKE SA and one Child SA for each pair of segments, by
 * themselves or when they are asked to connect, and every packet arrives.
 */
export function expectToSettle(pair: CorePair): void {
  pair.world.network.conditions = PRESETS.calm;
  for (const { kernel } of [pair.left, pair.right]) kernel.behaviour = PROMPT_KERNEL;
  const traffic = new SteadyTraffic(pair, SECOND);
  traffic.tolerant = true;
  traffic.start();
  pair.world.run(CLEARING_TIME);
  pair.awaitConnection([pair.left, pair.right], 2 * MINUTE);
  // What was made at the same time at both ends is settled, and what is replaced has drained.
  pair.world.run(10 * SECOND);
  traffic.tolerant = false;
  pair.world.run(20 * SECOND);
  // In IKEv1 packets are the only proof that a peer uses what has replaced an older one, which else lasts for its lifetime.
  if (pair.policyOf(pair.left).version === 2) traffic.stop();
  pair.world.run(10 * SECOND);
  awaitRest(pair);
  traffic.stop();
}

/** Short lifetimes leave moments of rest between one replacement and the next. */
function awaitRest(pair: CorePair): void {
  const { world, left, right, childCount } = pair;
  const violations = () => (world.idle ? ofVersion(pair) : ['something is under way']);
  const ofVersion = pair.policyOf(left).version === 2 ? () => restlessness(left, right, childCount) : leftBehind;
  const end = world.scheduler.now + CLEARING_TIME;
  while (violations().length > 0 && world.scheduler.now < end) world.run(SECOND / 2);
  const [violation] = violations();
  if (violation !== undefined) world.fail(violation);
}

/** In IKEv1 nothing confirms a Delete: one that was lost leaves the old one to its lifetime. */
function leftBehind({ left, right, childCount }: CorePair): string[] {
  const many = [left, right].flatMap(({ name, machine }) => [
    ...(machine.children().length > childCount + 2 ? [`${name} keeps ${machine.children().length} Child SAs`] : []),
    ...(machine.views().length > 1 ? [`${name} keeps ${machine.views().length} IKE SAs`] : []),
  ]);
  const lacking = [left, right].filter((gateway) => installedChildren(gateway).length !== childCount);
  return [
    ...[left, right].flatMap((gateway) => kernelMatchesViews(gateway).map((text) => `${gateway.name}: ${text}`)),
    ...bothSidesAgree(left, right),
    ...lacking.map(
      (gateway) => `${gateway.name} has ${installedChildren(gateway).length} Child SAs, not ${childCount}`,
    ),
    ...many,
  ];
}
