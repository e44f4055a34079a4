import type { PolicyDirection, PolicySpec } from '../sa/data-plane.ts';
import { selectorPairs } from '../sa/selector-pairs.ts';
import { containsSelector, narrow, sameSelector, type TrafficSelector } from '../sa/traffic-selector.ts';
import { ANY_PORT } from '../sa/upper-layer.ts';
import type { TunnelPolicy } from './common/policy.ts';

/**
 * What keeps packets between two local segments out of a tunnel whose peer segments take in local ones, such as all of
 * the Internet (RFC 4301 §4.4.1, BYPASS). Its selectors are narrower than those of the tunnel, so that it comes first in
 * every data plane. Where a peer segment lies within a local one it is the peer's, and there is nothing to keep out.
 */
export function localTraffic({ local, remote }: Pick<TunnelPolicy, 'local' | 'remote'>): PolicySpec[] {
  return selectorPairs(local.selectors, remote.selectors).flatMap((pair) =>
    localPartsOf(pair.remote, local.selectors).flatMap((part) => bypasses(pair.local, part)),
  );
}

/** The local segments within a peer segment, with the protocol and ports of that. */
function localPartsOf(remote: TrafficSelector, local: readonly TrafficSelector[]): TrafficSelector[] {
  const range = anyTraffic(remote);
  return local
    .map(anyTraffic)
    .filter((segment) => containsSelector(range, segment) && !sameSelector(range, segment))
    .flatMap((segment) => narrow([remote], [segment]));
}

function bypasses(source: TrafficSelector, destination: TrafficSelector): PolicySpec[] {
  const inbound = (direction: PolicyDirection): PolicySpec => ({
    direction,
    source: destination,
    destination: source,
    action: 'bypass',
  });
  return [{ direction: 'out', source, destination, action: 'bypass' }, inbound('in'), inbound('fwd')];
}

function anyTraffic(segment: TrafficSelector): TrafficSelector {
  return { ...segment, protocol: 0, ...ANY_PORT };
}
