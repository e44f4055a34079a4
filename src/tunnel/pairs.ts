import type { TunnelPolicy } from '../ike/common/policy.ts';
import type { ChildSaView } from '../ike/common/view.ts';
import { containsSelector, formatSelector, selectorKey, type TrafficSelector } from '../sa/traffic-selector.ts';

/** A configured pair of segments, as prefixes, and whether a Child SA carries it now. */
export type PairStatus = { readonly local: string; readonly remote: string; readonly up: boolean };

/** Every configured pair of segments, in the order of the configuration, by the Child SAs that are installed. */
export function pairStatuses(
  { local, remote }: Pick<TunnelPolicy, 'local' | 'remote'>,
  children: readonly ChildSaView[],
): PairStatus[] {
  const installed = children.filter(({ state }) => state !== 'installing');
  const exact = new Set(installed.flatMap(exactPairs));
  return local.selectors.flatMap((ours) =>
    remote.selectors.map((theirs) => ({
      local: formatSelector(ours),
      remote: formatSelector(theirs),
      up: exact.has(pairKey(ours, theirs)) || installed.some((child) => carries(child, ours, theirs)),
    })),
  );
}

function exactPairs({ localSelectors, remoteSelectors }: ChildSaView): string[] {
  return localSelectors.flatMap((ours) => remoteSelectors.map((theirs) => pairKey(ours, theirs)));
}

function pairKey(ours: TrafficSelector, theirs: TrafficSelector): string {
  return `${selectorKey(ours)} ${selectorKey(theirs)}`;
}

/** A peer that widens nothing may still have segments of ours within one selector. */
function carries({ localSelectors, remoteSelectors }: ChildSaView, ours: TrafficSelector, theirs: TrafficSelector) {
  const within = (outer: readonly TrafficSelector[], inner: TrafficSelector) =>
    outer.some((one) => containsSelector(one, inner));
  return within(localSelectors, ours) && within(remoteSelectors, theirs);
}
