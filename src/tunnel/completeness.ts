import type { ChildSaView } from '../ike/common/view.ts';
import { selectorPairs } from '../sa/selector-pairs.ts';
import { containsSelector, selectorKey, type TrafficSelector } from '../sa/traffic-selector.ts';
import { carriedPairs } from './pairs.ts';
import type { ServiceRun } from './service-run.ts';
import type { TunnelState } from './tunnel-state.ts';

/**
 * IKEv1 has a Child SA for each pair of segments; in IKEv2 one is for all of them, but for peers that cannot do that, and
 * but for pairs that the configuration has added since. Nothing is missing that the operator has ended.
 */
export function isComplete(run: ServiceRun, tunnel: TunnelState): boolean {
  if (tunnel.partial && tunnel.children.size > 0) return true;
  const { version, singlePairs, local, remote } = tunnel.policy;
  if (version === 2 && singlePairs !== true)
    return tunnel.children.size > 0 && (!tunnel.pairsAdded || carriesAll(run, tunnel));
  // There are fewer Child SAs than pairs until the last one is there: none of them is worth a look before.
  const wanted = selectorPairs(local.selectors, remote.selectors).length;
  if (tunnel.children.size < wanted) return false;
  const installed = run.childrenOf(tunnel.policy.name).filter(({ state }) => state === 'installed');
  const pairs = new Set(installed.map(pairKey));
  return pairs.size >= wanted;
}

/** Whether an attempt would have anything to do. */
export function lacksSomething(run: ServiceRun, tunnel: TunnelState): boolean {
  if (tunnel.children.size > 0) return !isComplete(run, tunnel);
  return tunnel.current === undefined;
}

/** A peer that has narrowed a segment has left out the rest of it for good. */
function carriesAll(run: ServiceRun, { policy }: TunnelState): boolean {
  const carrying = run.childrenOf(policy.name).filter(({ state }) => state !== 'deleting' && state !== 'rekeyed');
  const inPart = (selector: TrafficSelector, segment: TrafficSelector) =>
    containsSelector(segment, selector) || containsSelector(selector, segment);
  const { local, remote } = policy;
  return carriedPairs(policy, carrying, inPart).size === selectorPairs(local.selectors, remote.selectors).length;
}

function pairKey({ localSelectors, remoteSelectors }: ChildSaView): string {
  return [...localSelectors, ...remoteSelectors].map(selectorKey).join(' ');
}
