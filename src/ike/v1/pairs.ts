import { type SelectorPair, selectorPairs } from '../../sa/selector-pairs.ts';
import { containsSelector, sameSelector, selectorKey } from '../../sa/traffic-selector.ts';
import type { TunnelPolicy } from '../common/policy.ts';
import type { ContextV1 } from './context.ts';
import type { QuickModePlan } from './state.ts';

/** The pairs of segments without a Child SA, neither in force nor on its way. */
export function missingPairs(ctx: ContextV1, policy: TunnelPolicy): SelectorPair[] {
  const { local, remote } = policy;
  const pairs = selectorPairs(local.selectors, remote.selectors);
  const configured = new Set(pairs.map(pairKey));
  const taken = new Set<string>();
  for (const child of ctx.childrenOf(policy.name)) {
    const [ours] = child.localSelectors;
    const [theirs] = child.remoteSelectors;
    if (child.state === 'rekeyed' || ours === undefined || theirs === undefined) continue;
    const key = pairKey({ local: ours, remote: theirs });
    taken.add(configured.has(key) ? key : pairKey(pairAround(policy, { local: ours, remote: theirs })));
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
    return counts && local !== undefined && remote !== undefined && samePair({ local, remote }, plan);
  });
}

export function samePair(a: SelectorPair, b: SelectorPair): boolean {
  return sameSelector(a.local, b.local) && sameSelector(a.remote, b.remote);
}

/** The configured pair that a Child SA is for which the peer has narrowed; its own where there is none. */
function pairAround({ local, remote }: TunnelPolicy, child: SelectorPair): SelectorPair {
  const ours = local.selectors.find((segment) => containsSelector(segment, child.local));
  const theirs = remote.selectors.find((segment) => containsSelector(segment, child.remote));
  return ours === undefined || theirs === undefined ? child : { local: ours, remote: theirs };
}

function pairKey({ local, remote }: SelectorPair): string {
  return `${selectorKey(local)} ${selectorKey(remote)}`;
}
