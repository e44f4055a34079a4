import type { ChildSa, Segments } from '../../sa/child-sa.ts';
import { containsSelector, type TrafficSelector } from '../../sa/traffic-selector.ts';
import type { TunnelPolicy } from './policy.ts';

/** What a tunnel still has of the segments of a Child SA; each is there as a whole or not at all. */
export function remainingSegments(child: Segments, { local, remote }: TunnelPolicy): Segments {
  return {
    localSelectors: child.localSelectors.filter((selector) => isPartOf(selector, local.selectors)),
    remoteSelectors: child.remoteSelectors.filter((selector) => isPartOf(selector, remote.selectors)),
  };
}

export function isEmpty({ localSelectors, remoteSelectors }: Segments): boolean {
  return localSelectors.length === 0 || remoteSelectors.length === 0;
}

/** Whether a Child SA has segments that the tunnel no longer has. */
export function hasOthers(child: ChildSa, { localSelectors, remoteSelectors }: Segments): boolean {
  return localSelectors.length < child.localSelectors.length || remoteSelectors.length < child.remoteSelectors.length;
}

function isPartOf(selector: TrafficSelector, all: readonly TrafficSelector[]): boolean {
  return all.some((one) => containsSelector(one, selector));
}
