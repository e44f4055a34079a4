import type { ChildSa } from '../../sa/child-sa.ts';
import { type SelectorPair, selectorPairs } from '../../sa/selector-pairs.ts';
import { containsSelector, type TrafficSelector } from '../../sa/traffic-selector.ts';
import type { Context } from '../common/context.ts';
import type { TunnelPolicy } from '../common/policy.ts';
import { policyFor, serve } from '../common/sharing.ts';
import { childrenOf } from './children.ts';
import type { CreateChildTask } from './creation.ts';
import { addTask } from './message-window.ts';
import type { IkeSaV2 } from './state.ts';

/**
 * Asks for what the tunnel lacks. Where nothing is there yet, one Child SA is to carry all segments; where the peer has
 * narrowed that to some of them, as devices do that know one pair for each Child SA, the other pairs are asked for one
 * by one.
 */
export function planMissing(ctx: Context, sa: IkeSaV2, tunnel = sa.tunnel): void {
  const policy = policyFor(ctx, sa, tunnel);
  if (policy === undefined) return;
  serve(sa, tunnel);
  const { local, remote } = policy;
  const missing = missingPairs(ctx, sa, policy).filter((pair) => !isPlanned(sa, tunnel, pair));
  if (policy.singlePairs === true || missing.length < selectorPairs(local.selectors, remote.selectors).length) {
    for (const pair of missing) addTask(sa, task(tunnel, [pair.local], [pair.remote]));
    return;
  }
  addTask(sa, task(tunnel, local.selectors, remote.selectors));
}

/** Whether the traffic has a Child SA already: the peer was faster. */
export function isCovered(ctx: Context, sa: IkeSaV2, wanted: CreateChildTask): boolean {
  return selectorPairs(wanted.local, wanted.remote).every((pair) => carries(ctx, sa, wanted.tunnel, pair));
}

/** In force, or on its way. */
const CARRYING: ReadonlySet<ChildSa['state']> = new Set<ChildSa['state']>(['installing', 'installed', 'rekeying']);

function missingPairs(ctx: Context, sa: IkeSaV2, { name, local, remote }: TunnelPolicy): SelectorPair[] {
  return selectorPairs(local.selectors, remote.selectors).filter((pair) => !carries(ctx, sa, name, pair));
}

/**
 * Also in part: what the peer leaves out of one pair it will leave out again. What an older IKE SA still carries is to
 * be taken over.
 */
function carries(ctx: Context, sa: IkeSaV2, tunnel: string, { local, remote }: SelectorPair): boolean {
  return childrenOf(ctx, sa).some(
    (child) =>
      child.tunnel === tunnel &&
      CARRYING.has(child.state) &&
      child.localSelectors.some((selector) => overlaps(selector, local)) &&
      child.remoteSelectors.some((selector) => overlaps(selector, remote)),
  );
}

function isPlanned(sa: IkeSaV2, tunnel: string, { local, remote }: SelectorPair): boolean {
  const underWay = sa.creation === undefined ? [] : [sa.creation.task];
  return [...underWay, ...sa.tasks, ...sa.postponed].some(
    (other) =>
      other.kind === 'create-child' &&
      other.tunnel === tunnel &&
      other.local.some((selector) => overlaps(selector, local)) &&
      other.remote.some((selector) => overlaps(selector, remote)),
  );
}

function overlaps(a: TrafficSelector, b: TrafficSelector): boolean {
  return containsSelector(a, b) || containsSelector(b, a);
}

function task(tunnel: string, local: readonly TrafficSelector[], remote: readonly TrafficSelector[]): CreateChildTask {
  return { kind: 'create-child', tunnel, replaces: undefined, local, remote };
}
