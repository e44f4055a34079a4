import { containsSelector, selectorKey, type TrafficSelector } from '../../sa/traffic-selector.ts';
import type { TunnelPolicy } from '../common/policy.ts';
import type { ContextV1 } from './context.ts';
import type { QuickModePlan } from './state.ts';

/** The pairs of segments without a Child SA, neither in force nor on its way. */
export function missingPairs(ctx: ContextV1, policy: TunnelPolicy): Pair[] {
  const { local, remote } = policy;
  const pairs = local.selectors.flatMap((ours) => remote.selectors.map((theirs) => ({ local: ours, remote: theirs })));
  const taken = new Set<string>();
  for (const child of ctx.childrenOf(policy.name)) {
    const [ours] = child.localSelectors;
    const [theirs] = child.remoteSelectors;
    if (child.state === 'rekeyed' || ours === undefined || theirs === undefined) continue;
    taken.add(pairKey(pairOf(pairs, { local: ours, remote: theirs })));
  }
  for (const sa of ctx.ikeSasOf(policy.name)) {
    for (const plan of sa.waiting) taken.add(pairKey(plan));
    for (const { plan, role, phase } of sa.quickModes.values())
      if (role === 'initiator' && phase !== 'done') taken.add(pairKey(plan));
  }
  return pairs.filter((pair) => !taken.has(pairKey(pair)));
}

/** Whether the pair has a Child SA, or one on its way, beside the one that is to be replaced: the peer was faster. */
export function isCovered(ctx: ContextV1, plan: QuickModePlan): boolean {
  return ctx.childrenOf(plan.tunnel).some(({ id, state, localSelectors: [local], remoteSelectors: [remote] }) => {
    const counts = id !== plan.replaces && (state === 'installed' || state === 'installing');
    return counts && local !== undefined && remote !== undefined && pairKey({ local, remote }) === pairKey(plan);
  });
}

type Pair = { readonly local: TrafficSelector; readonly remote: TrafficSelector };

export function samePair(a: Pair, b: Pair): boolean {
  return pairKey(a) === pairKey(b);
}

/** The configured pair that a Child SA is for: its own, or the one that the peer has narrowed. */
function pairOf(pairs: readonly Pair[], child: Pair): Pair {
  const key = pairKey(child);
  const exact = pairs.find((pair) => pairKey(pair) === key);
  const around = (pair: Pair) =>
    containsSelector(pair.local, child.local) && containsSelector(pair.remote, child.remote);
  return exact ?? pairs.find(around) ?? child;
}

function pairKey({ local, remote }: Pair): string {
  return `${selectorKey(local)} ${selectorKey(remote)}`;
}
